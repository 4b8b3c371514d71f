// Completion in the composer: slash commands, their subcommands, people.

const nothing = { items: [] };

// complete says what could be meant at the caret: the items, where the text that they replace begins, a title, and
// whether Enter takes one (eager) or sends.
export function complete(text, caret, workspace, thread) {
  const typed = text.slice(0, caret);
  if (typed.startsWith("/") && !thread) return commands(typed, workspace);
  const mention = /(^|\s)@([\w.-]*)$/.exec(typed);
  if (!mention) return nothing;
  const items = workspace.users.filter((u) => u.name.startsWith(mention[2].toLowerCase()))
    .map((u) => ({ insert: `@${u.name} `, label: `@${u.name}`, description: u.real_name + (u.is_bot ? " · app" : "") }));
  return { items, from: caret - mention[2].length - 1, title: "People", eager: true };
}

function commands(typed, workspace) {
  const [name, ...rest] = typed.split(" ");
  if (rest.length === 0) {
    const items = workspace.commands.filter((c) => c.name.startsWith(name.toLowerCase()))
      .map((c) => ({ insert: `${c.name} `, label: c.name, usage: c.usage, description: c.description }));
    const global = workspace.shortcuts.filter((s) => s.type === "global" && s.name.toLowerCase().includes(name.slice(1).toLowerCase()));
    items.push(...global.map((s) => ({ insert: "", label: s.name, description: s.description, callback: s.callback_id })));
    return { items, from: 0, title: "Commands", eager: true };
  }
  const command = workspace.commands.find((c) => c.name === name);
  if (!command) return nothing;
  const begun = rest.join(" ");
  const items = (command.subcommands ?? []).filter((s) => s.text.startsWith(begun))
    .map((s) => ({ insert: `${s.text}${s.text.endsWith(" ") ? "" : " "}`, label: s.text, description: s.description }));
  return { items, from: name.length + 1, title: `${name} ${command.usage ?? ""}`, eager: begun !== "" };
}
