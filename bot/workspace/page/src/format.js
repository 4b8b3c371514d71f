// Text and time as Slack shows them.

export const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// encode turns what was typed into Slack's text: @name and #channel become references.
export function encode(text, workspace) {
  return escape(text)
    .replace(/(^|\s)@([\w.-]+)/g, (all, before, name) => {
      const user = workspace.users.find((u) => u.name === name.toLowerCase());
      return user ? `${before}<@${user.id}>` : all;
    })
    .replace(/(^|\s)#([\w-]+)/g, (all, before, name) => {
      const channel = workspace.channels.find((c) => c.name === name);
      return channel ? `${before}<#${channel.id}>` : all;
    });
}

export const dateOf = (ts) => new Date(Number(ts) * 1000);

export const clock = (ts) => dateOf(ts).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

// brief is the time without am or pm, for the narrow gutter.
export const brief = (ts) => clock(ts).replace(/\s*[AP]M/i, "");

export function day(ts) {
  const date = dateOf(ts);
  const today = new Date();
  if (date.toDateString() === today.toDateString()) return "Today";
  today.setDate(today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return "Yesterday";
  return date.toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export const replies = (n) => (n === 1 ? "1 reply" : `${n} replies`);

// local makes a URL of this workspace relative, under whatever name the page was opened; others stay as they are.
export function local(url) {
  const path = /^https?:\/\/[^/]+(\/files\/.*)$/.exec(url ?? "");
  return path ? path[1] : url;
}
