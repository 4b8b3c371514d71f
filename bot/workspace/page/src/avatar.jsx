const colours = ["#9a3b8f", "#2b6cb0", "#b7621b", "#3b7d4f", "#a33a3a"];

// Avatar is a picture of who wrote: the app's hammer, or a person's first letter.
export function Avatar({ user, name, small }) {
  const size = small ? "avatar small" : "avatar";
  if (user?.is_bot) return <img className={size} src="/icon.svg" alt="" />;
  const shown = user?.real_name ?? name ?? "?";
  const sum = [...shown].reduce((n, c) => n + c.codePointAt(0), 0);
  return <span className={size} style={{ background: colours[sum % colours.length] }} aria-hidden="true">{[...shown][0]?.toUpperCase()}</span>;
}
