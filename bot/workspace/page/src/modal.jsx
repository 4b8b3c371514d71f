import { useState } from "react";
import { act } from "./api.js";
import { Blocks } from "./blocks.jsx";
import { Dialog } from "./confirm.jsx";
import { CloseIcon } from "./icons.jsx";
import { textOf } from "./inputs.jsx";

// Modal is the view on top of the user's stack.
export function Modal({ workspace, view, errors, depth }) {
  const [values, setValues] = useState({});
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(null);
  const close = (all) => act("close", { user: workspace.me, all });
  const submit = async (e) => {
    e.preventDefault();
    setBusy(true);
    const answer = await act("submit", { user: workspace.me, view_id: view.id, values });
    setBusy(false);
    setFailed(answer.ok ? null : answer.error);
  };
  return (
    <Dialog label={textOf(view.title)} className="modal" onClose={() => close(false)}>
      <form onSubmit={submit} noValidate>
        <header>
          <h2>{textOf(view.title)}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={() => close(true)}><CloseIcon /></button>
        </header>
        <div className="modal-body">
          {failed && <div className="modal-failed" role="alert">We had some trouble connecting. {failed}</div>}
          <Blocks blocks={view.blocks} workspace={workspace} where={{ view_id: view.id }} values={values} errors={errors}
            setValue={(id, v) => setValues((old) => ({ ...old, [id]: v }))} />
        </div>
        <footer className="dialog-buttons">
          <button type="button" className="button" onClick={() => close(false)}>{depth > 1 ? "Back" : textOf(view.close) || "Cancel"}</button>
          {view.submit && <button className={`button primary ${busy ? "busy" : ""}`} disabled={busy}>{textOf(view.submit)}</button>}
        </footer>
      </form>
    </Dialog>
  );
}
