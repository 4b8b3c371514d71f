import { memo, useState } from "react";
import { go } from "./app.jsx";
import { act } from "./api.js";
import { Attachments } from "./attachments.jsx";
import { Avatar } from "./avatar.jsx";
import { Blocks, Mrkdwn } from "./blocks.jsx";
import { Files } from "./files.jsx";
import { brief, clock, dateOf, replies } from "./format.js";
import { BoltIcon, EyeIcon, MoreIcon, ReplyIcon } from "./icons.jsx";
import { dismiss, notice } from "./store.js";

// Message is rendered anew only when something of it has changed, however much happens around it.
export const Message = memo(Article, (a, b) => ["message", "follows", "active", "inThread"].every((k) => a[k] === b[k]) &&
  ["users", "shortcuts", "me"].every((k) => a.workspace[k] === b.workspace[k]) && a.channel.id === b.channel.id);

function Article({ message: m, workspace, channel, follows, active, inThread }) {
  const user = workspace.users.find((u) => u.id === m.user);
  const name = m.username || user?.real_name || (m.user === "USLACKBOT" ? "Slackbot" : m.bot_id ?? "Someone");
  const only = Boolean(m.recipient);
  const where = { channel: channel.id, ts: m.ts };
  return (
    <article className={`message ${follows ? "follows" : ""} ${only ? "only" : ""} ${active ? "active" : ""}`} data-ts={m.ts} aria-label={`${name}: ${m.text}`}>
      <div className="gutter">
        {follows ? <time className="hover-time">{brief(m.ts)}</time> : <Avatar user={m.username ? null : user} name={name} />}
      </div>
      <div className="body">
        {only && <div className="only-note"><EyeIcon /> Only visible to you</div>}
        {!follows && (
          <div className="head">
            <span className="author">{name}</span>
            {m.bot_id || user?.is_bot ? <span className="app-badge">APP</span> : null}
            <time title={dateOf(m.ts).toLocaleString()}>{clock(m.ts)}</time>
          </div>
        )}
        <Content message={m} workspace={workspace} where={where} />
        {m.reactions?.length > 0 && <Reactions list={m.reactions} workspace={workspace} />}
        {m.reply_count > 0 && !inThread && <Replies message={m} workspace={workspace} channel={channel} />}
        {only && <button className="dismiss" onClick={() => dismiss(m.ts)}>Dismiss message</button>}
      </div>
      {!only && m.subtype !== "tombstone" && <Toolbar message={m} workspace={workspace} channel={channel} inThread={inThread} />}
    </article>
  );
}

function Content({ message: m, workspace, where }) {
  const edited = m.edited ? <span className="edited" title={dateOf(m.edited.ts).toLocaleString()}>(edited)</span> : null;
  if (m.subtype === "tombstone") return <div className="tombstone">{m.text}</div>;
  return (
    <div className="content">
      {m.blocks?.length ? <Blocks blocks={m.blocks} workspace={workspace} where={where} text={m.text} />
        : m.text ? <Mrkdwn text={m.text} workspace={workspace} /> : null}
      {edited}
      {m.attachments && <Attachments list={m.attachments} workspace={workspace} where={where} />}
      {m.files && <Files files={m.files} />}
    </div>
  );
}

function Reactions({ list, workspace }) {
  return (
    <div className="reactions">
      {list.map((r) => (
        <span className={`reaction ${r.users.includes(workspace.me) ? "mine" : ""}`} key={r.name} title={`:${r.name}:`}>
          <Mrkdwn text={`:${r.name}:`} workspace={workspace} /> {r.count}
        </span>
      ))}
    </div>
  );
}

function Replies({ message: m, workspace, channel }) {
  return (
    <button className="replies" onClick={() => go(channel.id, m.ts)}>
      {m.reply_users?.slice(0, 4).map((id) => <Avatar key={id} user={workspace.users.find((u) => u.id === id)} name={id} small />)}
      <span className="replies-count">{replies(m.reply_count)}</span>
      <span className="replies-last">Last reply at {clock(m.latest_reply)}</span>
    </button>
  );
}

function Toolbar({ message: m, workspace, channel, inThread }) {
  const [open, setOpen] = useState(false);
  const shortcuts = workspace.shortcuts.filter((s) => s.type === "message");
  const use = async (callback) => {
    setOpen(false);
    const answer = await act("shortcut", { callback_id: callback, channel: channel.id, ts: m.ts, user: workspace.me });
    if (!answer.ok) notice(`The shortcut failed: ${answer.error}`);
  };
  const copy = () => {
    setOpen(false);
    navigator.clipboard?.writeText(`${location.origin}/archives/${channel.id}/p${m.ts.replace(".", "")}`);
    notice("Link copied.");
  };
  return (
    <div className={`toolbar ${open ? "open" : ""}`} onKeyDown={(e) => e.key === "Escape" && setOpen(false)}>
      {!inThread && <button className="icon-button" aria-label="Reply in thread" title="Reply in thread" onClick={() => go(channel.id, m.ts)}><ReplyIcon /></button>}
      <button className="icon-button" aria-label="More actions" title="More actions" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}><MoreIcon /></button>
      {open && <button className="menu-shade" aria-label="Close the menu" onClick={() => setOpen(false)} />}
      {open && (
        <div className="menu" role="menu">
          {shortcuts.map((s) => (
            <button role="menuitem" key={s.callback_id} onClick={() => use(s.callback_id)}>
              <BoltIcon /> <span>{s.name}<small>{workspace.bot.real_name}</small></span>
            </button>
          ))}
          <button role="menuitem" onClick={copy}><span>Copy link</span></button>
        </div>
      )}
    </div>
  );
}
