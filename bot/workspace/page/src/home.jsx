import { go } from "./app.jsx";
import { Avatar } from "./avatar.jsx";
import { Blocks } from "./blocks.jsx";
import { MenuIcon } from "./icons.jsx";

// Home is the app's home tab.
export function Home({ workspace, onMenu }) {
  const view = workspace.views.home;
  const bot = workspace.users.find((u) => u.id === workspace.bot.id);
  return (
    <main className="channel">
      <header className="bar">
        <button className="menu-button" aria-label="Open the menu" onClick={onMenu}><MenuIcon /></button>
        <Avatar user={bot} small />
        <h1>{bot.real_name}</h1>
        <div className="tabs" role="tablist">
          <button role="tab" aria-selected="true">Home</button>
          <button role="tab" aria-selected="false" onClick={() => go(workspace.dm)}>Messages</button>
        </div>
      </header>
      <div className="scroll">
        <div className="home">
          {view ? <Blocks blocks={view.blocks} workspace={workspace} where={{ view_id: "home" }} />
            : <div className="empty"><h2>Nothing here yet</h2><p>{bot.real_name} has not shown a home tab.</p></div>}
        </div>
      </div>
    </main>
  );
}
