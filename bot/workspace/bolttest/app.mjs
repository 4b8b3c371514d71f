// An app made with Slack's own SDK, as a client of the workspace. MODE is "socket", with the workspace at URL, or "http":
// then it prints its port and reads the workspace's URL from standard input. It prints "ready" and runs until killed.
import bolt from "@slack/bolt";
import { createInterface } from "node:readline";

const { App, HTTPReceiver, LogLevel } = bolt;
const http = process.env.MODE === "http";
const endpoints = ["/slack/commands", "/slack/events", "/slack/interactions"];
let url = process.env.URL;
let server;
const receiver = http ? new HTTPReceiver({ signingSecret: process.env.SECRET, endpoints, logLevel: LogLevel.ERROR }) : undefined;
if (http) {
  server = await receiver.start({ port: 0, host: "127.0.0.1" });
  console.log(`port ${server.address().port}`);
  for await (const line of createInterface({ input: process.stdin })) {
    url = line.trim();
    break;
  }
}

const clientOptions = { slackApiUrl: `${url}/api/` };
const app = new App(http
  ? { receiver, token: "xoxb-bolt", clientOptions, logLevel: LogLevel.ERROR }
  : { token: "xoxb-bolt", appToken: "xapp-bolt", socketMode: true, clientOptions, logLevel: LogLevel.ERROR });

app.command("/diagnose", async ({ command, ack, client, respond }) => {
  await ack({ text: `looking at ${command.text}` });
  const posted = await client.chat.postMessage({
    channel: command.channel_id,
    text: "working",
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: "*working*" } },
      { type: "actions", elements: [{ type: "button", action_id: "ask", value: "42", text: { type: "plain_text", text: "Ask" } }] },
    ],
    metadata: { event_type: "plexor", event_payload: { key: "k" } },
  });
  await client.chat.postMessage({ channel: command.channel_id, thread_ts: posted.ts, text: "a step" });
  await client.chat.update({ channel: command.channel_id, ts: posted.ts, text: "done", blocks: posted.message.blocks });
  await client.filesUploadV2({ channel_id: command.channel_id, thread_ts: posted.ts, filename: "evidence.txt", content: "evidence" });
  await respond({ text: "answered by the response URL", response_type: "ephemeral" });
});

app.action("ask", async ({ ack, body, client, action }) => {
  await ack();
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {
      type: "modal",
      callback_id: "asked",
      private_metadata: action.value,
      title: { type: "plain_text", text: "Ask" },
      submit: { type: "plain_text", text: "Send" },
      blocks: [{ type: "input", block_id: "q", label: { type: "plain_text", text: "What" }, element: { type: "plain_text_input", action_id: "what" } }],
    },
  });
});

app.view("asked", async ({ ack, view, client, body }) => {
  const what = view.state.values.q.what.value;
  if (what.length < 3) {
    await ack({ response_action: "errors", errors: { q: "say more" } });
    return;
  }
  await ack();
  await client.chat.postMessage({ channel: "ops", text: `<@${body.user.id}> asked ${view.private_metadata}: ${what}` });
});

app.event("app_mention", async ({ event, client }) => {
  await client.chat.postMessage({ channel: event.channel, thread_ts: event.ts, text: "you called" });
});

app.event("app_home_opened", async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: { type: "home", blocks: [{ type: "divider" }] } });
});

app.shortcut("diagnose_message", async ({ ack, shortcut, client }) => {
  await ack();
  await client.chat.postMessage({ channel: shortcut.channel.id, thread_ts: shortcut.message.ts, text: "taken up" });
});

if (!http) await app.start();
console.log("ready");
