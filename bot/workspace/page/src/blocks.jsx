import { Component, memo } from "react";
import { Message as Rendered } from "slack-blocks-to-jsx";
import { Element } from "./elements.jsx";
import { InputBlock } from "./inputs.jsx";
import { local } from "./format.js";
import { Code } from "./code.jsx";
import { literal, safe } from "./mrkdwn.js";

// What slack-blocks-to-jsx shows. What a person can use (actions, accessories, inputs) is ours: the library's
// elements do not tell anyone that they were used.
const shown = new Set(["section", "divider", "image", "context", "header", "rich_text", "video", "table", "file", "markdown",
  "alert", "card", "carousel", "container", "plan", "task_card", "data_visualization", "context_actions"]);

// Blocks renders blocks. where names the message or view, so that its elements can be used; text stands in for
// what cannot be shown.
export function Blocks({ blocks, workspace, where, text, values, setValue, errors }) {
  const groups = [];
  for (const block of blocks.flatMap(split)) {
    const kind = kindOf(block);
    if (kind === "shown" && groups.at(-1)?.kind === "shown") groups.at(-1).blocks.push(block);
    else groups.push({ kind, blocks: [block] });
  }
  return groups.map((g, i) => {
    const key = g.blocks[0].block_id ?? i;
    switch (g.kind) {
      case "actions": return <Actions key={key} block={g.blocks[0]} workspace={workspace} where={where} />;
      case "accessory": return <WithAccessory key={key} block={g.blocks[0]} workspace={workspace} where={where} />;
      case "input": return <InputBlock key={key} block={g.blocks[0]} workspace={workspace} values={values ?? {}} setValue={setValue} error={errors?.[g.blocks[0].block_id]} />;
      case "code": return <Code key={key} element={g.blocks[0].element} />;
      case "shown": return <Safe key={key} blocks={g.blocks} workspace={workspace} text={text} />;
    }
    return <Unknown key={key} type={g.blocks[0].type} text={text} />;
  });
}

// split takes the preformatted parts out of rich text: they get a button that copies them.
function split(block) {
  if (block.type !== "rich_text" || !block.elements?.some((e) => e.type === "rich_text_preformatted")) return [block];
  return block.elements.map((e, i) => (e.type === "rich_text_preformatted"
    ? { type: "code", element: e, block_id: `${block.block_id}-${i}` }
    : { type: "rich_text", elements: [e], block_id: `${block.block_id}-${i}` }));
}

function kindOf(block) {
  if (block.type === "code" && block.element) return "code";
  if (block.type === "actions" || block.type === "input") return block.type;
  if (block.type === "section" && block.accessory && block.accessory.type !== "image") return "accessory";
  return shown.has(block.type) ? "shown" : "unknown";
}

function Actions({ block, workspace, where }) {
  return (
    <div className="actions">
      {block.elements.map((e, i) => <Element key={e.action_id ?? i} element={e} block={block} workspace={workspace} where={where} />)}
    </div>
  );
}

function WithAccessory({ block, workspace, where }) {
  const { accessory, ...section } = block;
  return (
    <div className="with-accessory">
      <div className="grow"><Safe blocks={[section]} workspace={workspace} /></div>
      <Element element={accessory} block={block} workspace={workspace} where={where} />
    </div>
  );
}

function Unknown({ type, text }) {
  return <div className="unknown">{text || "This part of the message cannot be shown here."}<small>block of type {String(type)}</small></div>;
}

// Safe shows the text where the library cannot render blocks.
class Safe extends Component {
  state = { failed: null };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  componentDidUpdate(before) {
    if (this.state.failed && before.blocks !== this.props.blocks && JSON.stringify(before.blocks) !== JSON.stringify(this.props.blocks)) {
      this.setState({ failed: null });
    }
  }
  render() {
    const { blocks, workspace, text } = this.props;
    if (this.state.failed) return <Unknown type={blocks.map((b) => b.type).join(", ")} text={text} />;
    return <Library blocks={blocks} workspace={workspace} />;
  }
}

// Library is slack-blocks-to-jsx, rendered anew only when the blocks change.
const Library = memo(function Library({ blocks, workspace }) {
  const data = {
    users: workspace.users.map((u) => ({ id: u.id, name: u.name })),
    channels: workspace.channels.filter((c) => !c.is_im).map((c) => ({ id: c.id, name: c.name })),
    user_groups: [],
  };
  return <Rendered blocks={blocks.map((b) => literal(localImages(b)))} logo="" name="" withoutWrapper data={data} hooks={hooks} />;
}, (a, b) => a.workspace.me === b.workspace.me && JSON.stringify(a.blocks) === JSON.stringify(b.blocks));

// hooks are what the library leaves to us. It takes the minutes of 04:39:10 for an emoji, and shows one that it does
// not know without its colons.
const hooks = {
  link: ({ href, children }) => <Link href={href}>{children}</Link>,
  emoji: (emoji, parse) => {
    const [name, shown] = [emoji.name, parse(emoji)].map((text) => text.replace(/^:|:$/g, ""));
    return shown === name ? `:${name}:` : shown;
  },
};

// localImages points images of this workspace to where the page was opened.
function localImages(block) {
  if (block.type !== "image") return block;
  return { ...block, image_url: local(block.image_url ?? block.slack_file?.url) };
}

// Link goes to http, https and mailto only.
export function Link({ href, children }) {
  return safe(href) ? <a href={href} target="_blank" rel="noreferrer noopener">{children}</a> : <span>{children}</span>;
}

// Mrkdwn is text with Slack's markup.
export function Mrkdwn({ text, workspace }) {
  return <Safe blocks={[{ type: "section", text: { type: "mrkdwn", text } }]} workspace={workspace} text={text} />;
}
