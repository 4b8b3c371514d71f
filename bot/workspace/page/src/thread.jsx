import { go } from "./app.jsx";
import { List, Scroll, merge } from "./channel.jsx";
import { Composer } from "./composer.jsx";
import { Message } from "./message.jsx";
import { CloseIcon } from "./icons.jsx";
import { replies as count } from "./format.js";

// Thread is the pane on the right: the parent, then its replies.
export function Thread({ workspace, channel, ts }) {
  const parent = workspace.messages[channel.id].find((m) => m.ts === ts);
  const replies = merge(workspace.messages[channel.id].filter((m) => m.thread_ts === ts && m.ts !== ts),
    workspace.ephemeral.filter((m) => m.channel === channel.id && m.thread_ts === ts));
  return (
    <aside className="thread" aria-label="Thread">
      <header className="bar">
        <h1>Thread</h1>
        <span className="bar-note">{channel.is_im ? workspace.bot.real_name : `#${channel.name}`}</span>
        <button className="icon-button" aria-label="Close the thread" onClick={() => go(channel.id)}><CloseIcon /></button>
      </header>
      <Scroll messages={replies}>
        {parent ? <Message message={parent} workspace={workspace} channel={channel} inThread />
          : <p className="empty">This message does not exist any more.</p>}
        {replies.length > 0 && <div className="replies-line"><span>{count(replies.length)}</span></div>}
        <List messages={replies} workspace={workspace} channel={channel} inThread />
      </Scroll>
      <Composer workspace={workspace} channel={channel} thread={ts} />
    </aside>
  );
}
