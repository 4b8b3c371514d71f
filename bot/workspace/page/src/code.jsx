import { useState } from "react";
import { CopyIcon } from "./icons.jsx";

// Code is preformatted text with a button that copies it.
export function Code({ element }) {
  const [copied, setCopied] = useState(false);
  const text = element.elements.map((e) => e.text ?? e.url ?? "").join("");
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="code">
      <pre>{text}</pre>
      <button className="icon-button" aria-label={copied ? "Copied" : "Copy"} title="Copy" onClick={copy}>{copied ? "✓" : <CopyIcon />}</button>
    </div>
  );
}
