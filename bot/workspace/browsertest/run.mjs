// Drives the page as a person would. URL, BROWSER, SHOTS and PROFILE come from the Go test that runs this.
import assert from "node:assert/strict";
import { open } from "./browser.mjs";

const { URL: base } = process.env;
const timeout = 60_000;
const { context, page, shot, channel, thread } = await open({ height: 800, timeout });
const problems = [];
const outside = [];
page.on("pageerror", (error) => problems.push(String(error)));
page.on("console", (line) => /style-src|script-src/.test(line.text()) && problems.push(line.text()));
const ours = (request) => request.url().startsWith(base) || request.url().startsWith("data:");
page.on("requestfinished", (request) => ours(request) || outside.push(request.url()));
page.on("requestfailed", (request) => ours(request) || request.failure().errorText === "csp" || outside.push(`${request.url()} ${request.failure().errorText}`));

try {
  await page.goto(base);
  const composer = page.getByRole("textbox", { name: "Message #ops" });

  // A slash command, with completion.
  await composer.fill("/dia");
  await page.getByRole("option", { name: /\/diagnose/ }).waitFor();
  await shot("completion");
  await composer.press("Enter");
  assert.equal(await composer.inputValue(), "/diagnose ");
  await page.getByRole("option", { name: /runners/ }).waitFor();
  await composer.pressSequentially("help");
  await composer.press("Enter");
  await channel.getByText("Only visible to you").waitFor();

  await composer.fill("/diagnose web.test:8080");
  await composer.press("Enter");
  await channel.getByText("web.service on web is stopped").waitFor();
  await channel.getByText("(edited)").waitFor();
  await channel.getByText("Review firewall settings", { exact: true }).waitFor();
  await shot("channel");

  // The thread, with a block that nobody knows.
  await channel.getByRole("button", { name: /2 replies/ }).click();
  await thread.getByText("tcp dport 8080 accept").waitFor();
  await thread.getByText("block of type from_the_future").waitFor();
  await shot("thread");

  // Buttons; the second with a confirm dialog.
  await channel.getByRole("button", { name: "Run again" }).click();
  await thread.getByText("pressed rerun").waitFor();
  await channel.getByRole("button", { name: "Forget" }).click();
  const confirm = page.getByRole("dialog", { name: "Forget this investigation?" });
  await confirm.waitFor();
  await shot("confirm");
  await confirm.getByRole("button", { name: "Forget" }).click();
  await thread.getByText("pressed forget").waitFor();

  // A modal: refused, then taken.
  await channel.getByRole("button", { name: "Watch it" }).click();
  const modal = page.getByRole("dialog", { name: "Schedule" });
  await modal.getByRole("textbox", { name: "Target" }).fill("nonsense");
  assert.equal(await modal.getByRole("combobox", { name: "Where" }).inputValue(), "C1");
  await modal.getByRole("combobox", { name: "When" }).selectOption("w");
  await modal.getByRole("button", { name: "Save" }).click();
  await modal.getByText("Write it as host:port").waitFor();
  await shot("modal");
  await modal.getByRole("textbox", { name: "Target" }).fill("web.test:8080");
  await modal.getByRole("button", { name: "Save" }).click();
  await modal.waitFor({ state: "detached" });

  // A mention in the thread.
  const reply = page.getByRole("textbox", { name: "Reply to the thread" });
  await reply.fill("@ple");
  await reply.press("Enter");
  await reply.pressSequentially("and <now>?");
  await reply.press("Enter");
  await thread.getByText("and <now>?").waitFor();

  // The home tab.
  await page.getByRole("navigation").getByRole("button", { name: "Plexor", exact: true }).click();
  await page.getByText("Last investigations").waitFor();
  await shot("home");

  // What strangers wrote does nothing and fetches nothing.
  await page.getByRole("navigation").getByRole("button", { name: /alerts/ }).click();
  await channel.getByText("<script>window.hacked=1</script>").first().waitFor();
  for (const link of await channel.locator("a").all()) {
    assert.match((await link.getAttribute("href")) ?? "", /^($|https?:\/\/)/);
  }
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  await shot("hostile");

  // Dark, and a phone.
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`${base}/#ops`);
  await channel.getByText("web.service on web is stopped").waitFor();
  await channel.getByRole("button", { name: /replies/ }).click();
  await thread.getByText("tcp dport 8080 accept").waitFor();
  await shot("dark");
  await page.setViewportSize({ width: 390, height: 844 });
  await thread.waitFor();
  await shot("phone-thread-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await thread.getByRole("button", { name: "Close the thread" }).click();
  await channel.getByText("web.service on web is stopped").waitFor();
  await shot("phone-channel");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 390), "the page is wider than a phone");
  await page.getByRole("button", { name: "Open the menu" }).click();
  await page.getByRole("navigation").getByRole("button", { name: /payments/ }).waitFor();
  await page.waitForTimeout(400); // the menu slides in; for the picture only
  await shot("phone-menu");

  assert.deepEqual(problems, []);
  assert.deepEqual(outside, []);
  console.log("the page works");
} catch (error) {
  await shot("failed").catch(() => {});
  console.error(error, problems);
  process.exitCode = 1;
} finally {
  await context.close();
}
