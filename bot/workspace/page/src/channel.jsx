import { useLayoutEffect, useRef } from "react";
import { Composer } from "./composer.jsx";
import { Message } from "./message.jsx";
import { day, dateOf } from "./format.js";
import { HashIcon, MenuIcon } from "./icons.jsx";

export function Channel({ workspace, channel, thread, onMenu }) {
  const inChannel = (m) => !m.thread_ts || m.thread_ts === m.ts || m.subtype === "thread_broadcast";
  const mine = workspace.ephemeral.filter((m) => m.channel === channel.id && !m.thread_ts);
  const list = merge(workspace.messages[channel.id].filter(inChannel), mine);
  return (
    <main className="channel">
      <header className="bar">
        <button className="menu-button" aria-label="Open the menu" onClick={onMenu}><MenuIcon /></button>
        <h1>{channel.is_im ? workspace.bot.real_name : <><HashIcon />{channel.name}</>}</h1>
        <span className="bar-note">{channel.is_archived ? "archived" : `${channel.num_members} members`}</span>
      </header>
      <Scroll messages={list}>
        {list.length === 0 && <Empty workspace={workspace} channel={channel} />}
        <List messages={list} workspace={workspace} channel={channel} open={thread} />
      </Scroll>
      <Composer workspace={workspace} channel={channel} />
    </main>
  );
}

function Empty({ workspace, channel }) {
  const command = workspace.commands[0];
  return (
    <div className="empty">
      <h2>{channel.is_im ? `This is between you and ${workspace.bot.real_name}` : `This is the beginning of #${channel.name}`}</h2>
      {command && !channel.is_im && <p>Type <kbd>{command.name} {command.usage}</kbd> below. {command.description}.</p>}
    </div>
  );
}

export const merge = (a, b) => [...a, ...b].sort((x, y) => (x.ts < y.ts ? -1 : 1));

// List shows messages with a line for each day; what the same person wrote within five minutes stands together.
export function List({ messages, workspace, channel, open, inThread }) {
  return messages.map((m, i) => {
    const before = messages[i - 1];
    const newDay = !inThread && (!before || day(before.ts) !== day(m.ts));
    const follows = before && !newDay && author(before) === author(m) && dateOf(m.ts) - dateOf(before.ts) < 300000 &&
      Boolean(before.recipient) === Boolean(m.recipient) && !(before.reply_count && !inThread);
    return (
      <div key={m.ts}>
        {newDay && <div className="day"><span>{day(m.ts)}</span></div>}
        <Message message={m} workspace={workspace} channel={channel} follows={follows} active={open === m.ts} inThread={inThread} />
      </div>
    );
  });
}

const author = (m) => m.user ?? m.username ?? m.bot_id;

// Scroll stays at the bottom while the reader is there.
export function Scroll({ messages, children }) {
  const box = useRef(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const element = box.current;
    const follow = () => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    };
    follow();
    const watcher = new ResizeObserver(follow);
    watcher.observe(element.firstChild);
    return () => watcher.disconnect();
  }, [messages]);
  const scrolled = () => {
    const e = box.current;
    atEnd.current = e.scrollHeight - e.scrollTop - e.clientHeight < 80;
  };
  return <div className="scroll" ref={box} onScroll={scrolled} tabIndex={-1}><div className="list" role="log">{children}</div></div>;
}
