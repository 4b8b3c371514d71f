// Package workspace is a Slack workspace on localhost: a server that speaks the Slack protocol that an app uses
// (Socket Mode or signed HTTP requests, the Web API, response URLs, modals, files) and serves a page that looks and
// behaves like a workspace. The demo runs on it, and so does every end-to-end test: the app under test is the real
// one, over the real protocol.
//
// # What exists
//
// The team T1; the people U1 (ana, an admin) and U2 (ben); the app's bot user UB1 with the bot id B1; the channels
// ops, alerts and payments (C1, C2, C3), of which all are members. Names and ids are accepted wherever Slack takes an
// id. Any token that begins with xoxb- is the bot's, any that begins with xapp- the app's.
//
// # Delivery
//
// Each event, command and interaction goes to one of up to ten Socket Mode connections, in turn, or in HTTP mode to
// the request URL, signed. The app has 3 s to acknowledge. An event without acknowledgement is sent again at once,
// after 1 min and after 5 min, with retry_attempt and retry_reason (x-slack-retry-num in HTTP mode), and the same
// event_id. A command or interaction is never sent twice: the person sees dispatch_failed (no app is there) or
// operation_timeout. Acknowledgements of 20,000 bytes or more are dropped without a word. Time is Config.Now.
//
// # Methods
//
//	method                           error words besides those of every method
//	api.test                         the word in "error"
//	apps.connections.open            socket_mode_not_enabled (HTTP mode)
//	auth.test, team.info
//	bots.info                        bot_not_found
//	chat.postMessage                 channel_not_found not_in_channel is_archived no_text msg_too_long invalid_blocks
//	                                 invalid_blocks_format msg_blocks_too_long invalid_attachments too_many_attachments
//	                                 metadata_too_large invalid_metadata_format
//	chat.update                      the same, message_not_found cant_update_message
//	chat.delete                      channel_not_found not_in_channel is_archived message_not_found cant_delete_message
//	chat.postEphemeral               as chat.postMessage, user_not_in_channel
//	chat.getPermalink                channel_not_found message_not_found
//	conversations.history            channel_not_found not_in_channel
//	conversations.replies            channel_not_found not_in_channel thread_not_found
//	conversations.info, .members     channel_not_found
//	conversations.list
//	conversations.join               channel_not_found is_archived method_not_supported_for_channel_type
//	conversations.leave              channel_not_found
//	conversations.open               user_not_found
//	users.info                       user_not_found
//	users.list
//	users.lookupByEmail              users_not_found
//	reactions.add                    channel_not_found message_not_found invalid_name already_reacted
//	reactions.remove                 channel_not_found message_not_found no_reaction
//	reactions.get                    channel_not_found message_not_found
//	views.open                       invalid_arguments view_too_large invalid_trigger_id exchanged_trigger_id expired_trigger_id
//	views.push                       the same, push_limit_reached
//	views.update                     invalid_arguments view_too_large not_found hash_conflict
//	views.publish                    invalid_arguments view_too_large user_not_found hash_conflict
//	files.getUploadURLExternal       invalid_arguments file_upload_size_restricted storage_limit_reached
//	files.completeUploadExternal     invalid_arguments file_not_found file_already_completed, those of chat.postMessage
//	files.info, files.delete         file_not_found
//	a response URL                   invalid_url expired_url used_url invalid_payload, those of chat.postMessage
//
// Every method: not_authed, invalid_auth, not_allowed_token_type, unknown_method, invalid_json, invalid_form_data,
// request_too_large, and ratelimited with status 429 and Retry-After. Any other word comes from a fault.
//
// As in Slack, chat.update with text and without blocks takes the blocks away, a thread_ts whose message does not
// exist is dropped and the message stands at top level, and messages carry metadata only where it was asked for.
//
// Stricter than Slack: metadata over 4,096 bytes is refused. Simpler: scopes are not looked at, a page of a list is
// the whole list, and people are members of every channel.
//
// # Control interface
//
// Under /_control/, JSON both ways, {"ok":true,…} or {"ok":false,"error":"…"} with status 400; Control is its client.
//
//	POST command     {"channel","user","text"}                      types a slash command; {"ack":{"ms","body"}}
//	POST message     {"channel","user"|"bot","text","blocks","attachments","thread_ts"}; with "ts" it edits; {"ts"}
//	POST action      {"channel","ts","action_id","user","value"}    uses an element; "view_id" in a modal or "home"
//	POST submit      {"user","view_id","values"}                    submits a modal; {"ack","errors","view"}
//	POST close       {"user","all"}                                 closes the top modal, or all
//	POST shortcut    {"callback_id","channel","ts","user"}          uses a message shortcut, without ts a global one
//	POST open        {"user"}                                       opens the app's home tab
//	POST channel     {"channel","archived","member","create"}       archives, takes the bot out, makes a channel
//	POST fault       see Fault                                      the next calls of a method fail
//	POST disconnect  {"reason"}                                     drops the Socket Mode connections; {"dropped"}
//	POST repeat      {"times","new_id"}                             sends the newest event again
//	POST verify      {}                                             url_verification to the app (HTTP mode)
//	GET  messages    ?channel=ops                                   oldest first, replies among them, with "edits"
//	GET  ephemeral   ?user=U1                                       what only that person saw
//	GET  home, views ?user=U1                                       {"view": home tab, "modals"}
//	GET  status                                                     {"connections","http_mode"}
//
// # The page
//
// Built from page/ with esbuild and embedded from page/dist; page/check builds it anew and compares. It gets the whole
// state and then each change from /_page/live, and acts through the control interface. Requests with a Host that is
// a name other than localhost, or with the Origin of another page, are refused. The page fetches nothing from
// elsewhere: an image with an address that is not the workspace's own shows its alt text.
package workspace
