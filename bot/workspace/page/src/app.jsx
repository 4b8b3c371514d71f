import { useEffect, useState } from "react";
import { connect, read, useWorkspace } from "./store.js";
import { act } from "./api.js";
import { guard } from "./mrkdwn.js";
import { Sidebar } from "./sidebar.jsx";
import { Channel } from "./channel.jsx";
import { Thread } from "./thread.jsx";
import { Home } from "./home.jsx";
import { Modal } from "./modal.jsx";

// The address after the hash: #CHANNEL, #CHANNEL/THREAD, #home.
function useRoute() {
  const [hash, setHash] = useState(location.hash.slice(1));
  useEffect(() => {
    const changed = () => setHash(location.hash.slice(1));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const [place, thread] = hash.split("/");
  return { place, thread: threadTS(thread) };
}

// A permalink writes p1700000000000100 for the ts 1700000000.000100.
function threadTS(text) {
  const link = /^p(\d+)(\d{6})$/.exec(text ?? "");
  return link ? `${link[1]}.${link[2]}` : text;
}

export const go = (place, thread) => {
  location.hash = thread ? `${place}/${thread}` : place;
};

export function App() {
  const workspace = useWorkspace();
  const { place, thread } = useRoute();
  const [menu, setMenu] = useState(false);
  const user = workspace?.me ?? localStorage.getItem("user") ?? "U1";
  useEffect(() => connect(localStorage.getItem("user") ?? "U1"), []);
  const home = place === "home";
  const channel = workspace?.channels.find((c) => c.id === place || c.name === place) ?? workspace?.channels[0];
  useEffect(() => setMenu(false), [place, thread]);
  useEffect(() => {
    if (home && workspace) act("open", { user });
  }, [home, user, Boolean(workspace)]);
  useEffect(() => {
    if (channel && !home) read(channel.id);
  }, [workspace, channel, home]);
  useEffect(() => {
    if (workspace) document.title = `${home ? workspace.bot.real_name : title(channel)} · ${workspace.team.name}`;
  }, [workspace, channel, home]);
  if (!workspace) return <div className="loading" role="status">Opening the workspace…</div>;
  const modal = workspace.views.modals.at(-1);
  return (
    <div onClick={guard} className={`workspace ${menu ? "menu-open" : ""} ${thread && !home ? "thread-open" : ""}`}>
      <Sidebar workspace={workspace} place={home ? "home" : channel.id} onSwitch={switchUser} />
      <button className="shade" aria-label="Close the menu" onClick={() => setMenu(false)} tabIndex={menu ? 0 : -1} />
      {home ? <Home workspace={workspace} onMenu={() => setMenu(true)} />
        : <Channel key={channel.id} workspace={workspace} channel={channel} thread={thread} onMenu={() => setMenu(true)} />}
      {thread && !home && <Thread key={thread} workspace={workspace} channel={channel} ts={thread} />}
      {modal && <Modal key={modal.view.id} workspace={workspace} view={modal.view} errors={modal.errors} depth={workspace.views.modals.length} />}
      <div className="notices" role="status">
        {!workspace.online && <div className="notice offline">Connection lost. Trying again…</div>}
        {workspace.notices.map((n) => <div className="notice" key={n.id}>{n.text}</div>)}
      </div>
    </div>
  );
}

const title = (channel) => (channel?.is_im ? "Messages" : `#${channel?.name}`);

function switchUser(id) {
  localStorage.setItem("user", id);
  connect(id);
}
