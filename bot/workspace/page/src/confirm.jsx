import { useEffect, useRef } from "react";
import { textOf } from "./inputs.jsx";

// Dialog is a box over the page; Escape and a click beside it close it.
export function Dialog({ label, className, onClose, children }) {
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={box} className={`dialog ${className ?? ""}`} aria-label={label}
      onCancel={(e) => { e.preventDefault(); onClose(); }} onMouseDown={(e) => e.target === box.current && onClose()}>
      <div className="dialog-inside">{children}</div>
    </dialog>
  );
}

// Confirm is the confirm dialog of an element.
export function Confirm({ dialog, onConfirm, onDeny }) {
  return (
    <Dialog label={textOf(dialog.title)} className="confirm" onClose={onDeny}>
      <h2>{textOf(dialog.title)}</h2>
      <p>{textOf(dialog.text)}</p>
      <div className="dialog-buttons">
        <button className="button" onClick={onDeny}>{textOf(dialog.deny) || "Cancel"}</button>
        <button className={`button ${dialog.style === "danger" ? "danger" : "primary"}`} onClick={onConfirm} autoFocus>{textOf(dialog.confirm) || "Yes"}</button>
      </div>
    </Dialog>
  );
}
