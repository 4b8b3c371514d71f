import { useLayoutEffect, useRef, useState } from "react";
import { act } from "./api.js";
import { complete } from "./complete.js";
import { encode } from "./format.js";
import { SendIcon } from "./icons.jsx";
import { notice } from "./store.js";

// Composer is where a person types: messages, mentions and slash commands, with completion.
export function Composer({ workspace, channel, thread }) {
  const [text, setText] = useState("");
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [closed, setClosed] = useState(false);
  const box = useRef(null);
  const found = closed ? { items: [] } : complete(text, caret, workspace, thread);
  const items = found.items;
  useLayoutEffect(() => {
    box.current.style.height = "auto";
    box.current.style.height = `${Math.min(box.current.scrollHeight, 200)}px`;
  }, [text]);

  const take = (item) => {
    if (item.callback) {
      act("shortcut", { callback_id: item.callback, channel: channel.id, ts: "", user: workspace.me });
    }
    const next = text.slice(0, found.from) + item.insert + text.slice(caret);
    const at = found.from + item.insert.length;
    setText(next);
    setCaret(at);
    setChosen(0);
    requestAnimationFrame(() => { box.current.focus(); box.current.setSelectionRange(at, at); });
  };
  const submit = () => {
    const typed = text.trim();
    if (!typed) return;
    setText("");
    setCaret(0);
    send(typed, workspace, channel, thread);
  };
  const key = (e) => {
    if (e.nativeEvent.isComposing) return;
    const exact = items[chosen] && items[chosen].insert.trim() === text.slice(found.from, caret).trim();
    if (items.length && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      setChosen((chosen + (e.key === "ArrowDown" ? 1 : items.length - 1)) % items.length);
    } else if (items.length && (e.key === "Tab" || (e.key === "Enter" && !exact && found.eager))) {
      e.preventDefault();
      take(items[chosen]);
    } else if (e.key === "Escape" && items.length) {
      e.preventDefault();
      setClosed(true);
    } else if (e.key === "Enter" && !e.shiftKey) {
      e.preventDefault();
      submit();
    }
  };
  const changed = (e) => {
    setText(e.target.value);
    setCaret(e.target.selectionStart);
    setChosen(0);
    setClosed(false);
  };
  const place = channel.is_im ? workspace.bot.real_name : `#${channel.name}`;
  return (
    <div className="composer">
      {items.length > 0 && <Completion items={items} title={found.title} chosen={chosen} onTake={take} />}
      <div className="composer-box">
        <textarea ref={box} rows="1" value={text} placeholder={thread ? "Reply…" : `Message ${place}`} disabled={channel.is_archived}
          aria-label={thread ? "Reply to the thread" : `Message ${place}`} aria-autocomplete="list" aria-expanded={items.length > 0}
          onChange={changed} onKeyDown={key} onSelect={(e) => setCaret(e.target.selectionStart)} />
        <button className="send" aria-label="Send" disabled={!text.trim()} onClick={submit}><SendIcon /></button>
      </div>
    </div>
  );
}

async function send(typed, workspace, channel, thread) {
  if (typed.startsWith("/")) {
    if (thread) {
      notice(`${typed.split(" ")[0]} is not supported in threads. Mention @${workspace.bot.name} instead.`);
      return;
    }
    await act("command", { channel: channel.id, user: workspace.me, text: typed }); // a failure comes as a message
    return;
  }
  const answer = await act("message", { channel: channel.id, user: workspace.me, text: encode(typed, workspace), thread_ts: thread ?? "" });
  if (!answer.ok) notice(`Not sent: ${answer.error}`);
}

function Completion({ items, title, chosen, onTake }) {
  return (
    <div className="completion" role="listbox" aria-label={title}>
      <div className="completion-title">{title}</div>
      {items.map((item, i) => (
        <button role="option" key={item.callback ?? item.insert} aria-selected={i === chosen} className={i === chosen ? "chosen" : ""}
          onMouseDown={(e) => e.preventDefault()} onClick={() => onTake(item)}>
          <b>{item.label}</b>{item.usage && <code>{item.usage}</code>}<span>{item.description}</span>
        </button>
      ))}
    </div>
  );
}
