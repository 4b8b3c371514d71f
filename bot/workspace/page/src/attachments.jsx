import { Blocks, Link, Mrkdwn } from "./blocks.jsx";

// Attachments shows the older form of messages: a bar of colour, a title, text, fields.
export function Attachments({ list, workspace, where }) {
  return list.map((a, i) => (
    <div className="attachment" key={i}>
      <span className="attachment-bar" style={{ background: colour(a.color) }} />
      <div>
        {a.pretext && <Mrkdwn text={a.pretext} workspace={workspace} />}
        {a.author_name && <div className="attachment-author">{a.author_name}</div>}
        {a.title && <div className="attachment-title">{a.title_link ? <Link href={a.title_link}>{a.title}</Link> : a.title}</div>}
        {a.blocks ? <Blocks blocks={a.blocks} workspace={workspace} where={where} text={a.fallback} />
          : (a.text ?? a.fallback) && <Mrkdwn text={a.text ?? a.fallback} workspace={workspace} />}
        {a.fields?.length > 0 && (
          <dl className="attachment-fields">
            {a.fields.map((f, j) => (
              <div key={j} className={f.short ? "short" : ""}><dt>{f.title}</dt><dd><Mrkdwn text={String(f.value ?? "")} workspace={workspace} /></dd></div>
            ))}
          </dl>
        )}
        {a.footer && <div className="attachment-footer">{a.footer}</div>}
      </div>
    </div>
  ));
}

const named = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

function colour(text) {
  if (named[text]) return named[text];
  return /^#?[0-9a-f]{3,8}$/i.test(text ?? "") ? `#${text.replace("#", "")}` : "var(--line-strong)";
}
