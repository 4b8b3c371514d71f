// The state as the server sends it: the whole at first, then each change.
import { useSyncExternalStore } from "react";

let state = null;
let source = null;
const listeners = new Set();

function set(next) {
  state = next;
  for (const listener of listeners) listener();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useWorkspace() {
  return useSyncExternalStore(subscribe, () => state);
}

// connect listens as a user. After a lost connection the browser comes back by itself and gets the whole state.
export function connect(user) {
  source?.close();
  source = new EventSource(`/_page/live?user=${encodeURIComponent(user)}`);
  source.onopen = () => state && set({ ...state, online: true });
  source.onerror = () => state && set({ ...state, online: false });
  source.onmessage = (event) => {
    const update = JSON.parse(event.data);
    if (update.type === "state") {
      set(whole(update, state));
    } else if (update.type === "channels" || (update.channel && !state.messages[update.channel])) {
      connect(user); // channels changed: begin again
    } else {
      set(reduce(state, update));
    }
  };
}

function whole(update, before) {
  const keep = before?.me === update.me ? before : null;
  return { ...update, commands: update.commands ?? [], shortcuts: update.shortcuts ?? [], online: true,
    unread: keep?.unread ?? {}, notices: keep?.notices ?? [] };
}

export function reduce(state, update) {
  switch (update.type) {
    case "message": {
      const list = put(state.messages[update.channel], update.message);
      const known = state.messages[update.channel].some((m) => m.ts === update.message.ts);
      const unread = known || update.message.user === state.me ? state.unread
        : { ...state.unread, [update.channel]: (state.unread[update.channel] ?? 0) + 1 };
      return { ...state, messages: { ...state.messages, [update.channel]: list }, unread };
    }
    case "deleted":
      return { ...state, messages: { ...state.messages,
        [update.channel]: state.messages[update.channel].filter((m) => m.ts !== update.ts) } };
    case "ephemeral":
      return { ...state, ephemeral: put(state.ephemeral, update.message) };
    case "ephemeral_gone":
      return dismissed(state, update.ts);
    case "views":
      return { ...state, views: update.views };
  }
  return state;
}

function put(list, message) {
  const at = list.findIndex((m) => m.ts === message.ts);
  if (at >= 0) return list.map((m, i) => (i === at ? message : m));
  return [...list, message].sort((a, b) => (a.ts < b.ts ? -1 : 1));
}

function dismissed(state, ts) {
  return { ...state, ephemeral: state.ephemeral.filter((m) => m.ts !== ts) };
}

export function dismiss(ts) {
  set(dismissed(state, ts));
}

export function read(channel) {
  if (state?.unread[channel]) set({ ...state, unread: { ...state.unread, [channel]: 0 } });
}

// notice shows a line of the page's own at the bottom for a while.
export function notice(text) {
  const entry = { text, id: Math.random() };
  set({ ...state, notices: [...state.notices, entry] });
  setTimeout(() => set({ ...state, notices: state.notices.filter((n) => n !== entry) }), 6000);
}
