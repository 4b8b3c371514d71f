import { go } from "./app.jsx";
import { Avatar } from "./avatar.jsx";
import { HashIcon } from "./icons.jsx";

export function Sidebar({ workspace, place, onSwitch }) {
  const channels = workspace.channels.filter((c) => !c.is_im);
  const people = workspace.users.filter((u) => !u.is_bot);
  return (
    <nav className="sidebar" aria-label="Channels">
      <div className="team">
        <span className="team-name">{workspace.team.name}</span>
        <span className="team-note">local workspace</span>
      </div>
      <div className="sections">
        <h2>Channels</h2>
        {channels.map((c) => (
          <Entry key={c.id} id={c.id} current={place === c.id} unread={workspace.unread[c.id]}>
            <HashIcon /> <span className="entry-name">{c.name}</span>
            {c.is_archived && <span className="entry-note">archived</span>}
          </Entry>
        ))}
        <h2>Apps</h2>
        <Entry id="home" current={place === "home"}>
          <Avatar user={workspace.users.find((u) => u.id === workspace.bot.id)} small />
          <span className="entry-name">{workspace.bot.real_name}</span>
        </Entry>
        <Entry id={workspace.dm} current={place === workspace.dm} unread={workspace.unread[workspace.dm]}>
          <span className="entry-dot" aria-hidden="true" />
          <span className="entry-name">Messages with {workspace.bot.real_name}</span>
        </Entry>
      </div>
      <label className="me">
        <Avatar user={workspace.users.find((u) => u.id === workspace.me)} small />
        <span className="sr-only">You are</span>
        <select value={workspace.me} onChange={(e) => onSwitch(e.target.value)}>
          {people.map((u) => <option key={u.id} value={u.id}>{u.real_name}</option>)}
        </select>
      </label>
    </nav>
  );
}

function Entry({ id, current, unread, children }) {
  return (
    <button className={`entry ${current ? "current" : ""} ${unread && !current ? "unread" : ""}`}
      aria-current={current ? "page" : undefined} onClick={() => go(id)}>
      {children}
      {unread && !current ? <span className="badge">{unread}</span> : null}
    </button>
  );
}
