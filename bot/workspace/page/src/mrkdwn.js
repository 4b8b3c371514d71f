export const safe = (url) => /^(https?:\/\/|mailto:|\/files\/)/i.test(url ?? "");

// guard keeps links that lead nowhere, which the library makes of those it refuses, from reloading the page.
export function guard(event) {
  const link = event.target.closest?.("a");
  if (link && !safe(link.getAttribute("href"))) event.preventDefault();
}

// literal prepares blocks for the library, which turns Slack's entities into characters before it parses: text that
// was escaped, "&lt;!channel&gt;", would come out as a mention. A word joiner, which has no width, keeps it text.
// Links to anything but the web are taken out.
export function literal(value) {
  if (Array.isArray(value)) return value.map(literal);
  if (!value || typeof value !== "object") return value;
  const out = Object.fromEntries(Object.entries(value).map(([k, v]) => [k, literal(v)]));
  for (const k of Object.keys(out)) {
    if ((k === "url" || k.endsWith("_url")) && !safe(out[k])) delete out[k];
  }
  if (out.type === "mrkdwn" && typeof out.text === "string") out.text = unmention(out.text);
  return out;
}

function unmention(text) {
  return text.replace(/&lt;(?=[!@#]|https?:|mailto:)/g, "&lt;\u2060").replace(/(?<=[^\n])&gt;/g, ">");
}
