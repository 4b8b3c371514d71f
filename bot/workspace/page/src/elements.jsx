import { useState } from "react";
import { act } from "./api.js";
import { Control, textOf } from "./inputs.jsx";
import { safe } from "./mrkdwn.js";
import { notice } from "./store.js";
import { Confirm } from "./confirm.jsx";

// Element is something in a message that a person can use; using it sends block_actions.
export function Element({ element, block, workspace, where }) {
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState(null);
  const send = async (value) => {
    setBusy(true);
    const answer = await act("action", { ...where, action_id: element.action_id, block_id: block.block_id, value, user: workspace.me });
    setBusy(false);
    if (!answer.ok) notice(`${workspace.bot.real_name} did not answer: ${answer.error}`);
  };
  const use = (value) => {
    if (safe(element.url)) open(element.url, "_blank", "noopener,noreferrer");
    if (element.confirm) setAsked({ value });
    else send(value);
  };
  return (
    <>
      <Shape element={element} workspace={workspace} busy={busy} use={use} />
      {asked && <Confirm dialog={element.confirm} onDeny={() => setAsked(null)}
        onConfirm={() => { setAsked(null); send(asked.value); }} />}
    </>
  );
}

function Shape({ element, workspace, busy, use }) {
  switch (element.type) {
    case "button":
    case "workflow_button":
      return (
        <button className={`button ${element.style ?? ""} ${busy ? "busy" : ""}`} disabled={busy}
          aria-label={element.accessibility_label} onClick={() => use(element.value)}>{textOf(element.text)}</button>
      );
    case "overflow":
      return <Overflow element={element} use={use} />;
  }
  return <Pick element={element} workspace={workspace} use={use} />;
}

// Pick is a menu or field whose change is an action.
function Pick({ element, workspace, use }) {
  const [value, setValue] = useState(undefined);
  return <Control element={element} workspace={workspace} value={value} label={textOf(element.placeholder) || element.action_id}
    onChange={(v) => { setValue(v); use(Array.isArray(v) ? v.join("\n") : v); }} />;
}

function Overflow({ element, use }) {
  const [open, setOpen] = useState(false);
  return (
    <span className="overflow" onKeyDown={(e) => e.key === "Escape" && setOpen(false)}>
      <button className="button" aria-label="More options" aria-expanded={open} onClick={() => setOpen(!open)}>⋯</button>
      {open && <button className="menu-shade" aria-label="Close the menu" onClick={() => setOpen(false)} />}
      {open && (
        <span className="menu" role="menu">
          {element.options.map((o) => <button role="menuitem" key={o.value} onClick={() => { setOpen(false); use(o.value); }}>{textOf(o.text)}</button>)}
        </span>
      )}
    </span>
  );
}
