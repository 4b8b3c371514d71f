// Makes a schedule in the modal and follows it from a failure to the digest, as a person would. URL, BOT, TOKEN, BED,
// TARGET, BROWSER, SHOTS and PROFILE come from the Go test that runs this.
import assert from "node:assert/strict";
import { open } from "./browser.mjs";

const { URL: base, BOT, TOKEN, BED, TARGET } = process.env;
const { context, page, shot, channel, thread } = await open({ height: 900, timeout: 90_000 });

const type = async (text) => {
  const composer = page.getByRole("textbox", { name: "Message #ops" });
  await composer.fill(text);
  await composer.press("Enter");
};
const schedule = async () => (await fetch(`${BOT}/api/v1/schedules/s1`, { headers: { Authorization: `Bearer ${TOKEN}` } })).json();

// run has the schedule run now, and waits until the run has ended.
const run = async () => {
  const before = (await schedule()).runs;
  await type("/diagnose schedule run s1");
  for (let i = 0; i < 600; i++) {
    const now = await schedule();
    if (now.runs > before && !now.going) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the run does not end");
};

try {
  await page.goto(base);
  await type("/diagnose schedule ");
  const modal = page.getByRole("dialog", { name: "New schedule" });
  await modal.getByRole("textbox", { name: "Backends" }).fill(TARGET);
  await modal.getByRole("textbox", { name: "When" }).fill("0 9 30 2 *");
  await modal.getByRole("textbox", { name: "Time zone" }).fill("Europe/Berlin");
  await modal.getByRole("button", { name: "Next" }).click();
  await modal.getByText("there is no such day").waitFor();
  await modal.getByRole("textbox", { name: "When" }).fill("0 9 1 1 *");
  await shot("schedule-form");
  await modal.getByRole("button", { name: "Next" }).click();
  await page.getByText("At 09:00 on day 1 of the month in January, Europe/Berlin").waitFor();
  assert.equal(await page.getByText(/1 January 20\d\d, 09:00 CET/).count(), 5);
  await shot("schedule-explained");
  await page.getByRole("button", { name: "Save" }).click();
  await channel.getByText("Schedule s1").first().waitFor();

  await run();
  await fetch(`${BED}/down`, { method: "POST" });
  await run();
  await channel.getByText(`🔴 Failing: ${TARGET}`).waitFor();
  await shot("schedule-failing");
  await fetch(`${BED}/up`, { method: "POST" });
  await run();
  await channel.getByText(`🟢 Healthy again: ${TARGET}`).waitFor();
  await channel.getByRole("button", { name: /2 replies/ }).click();
  await thread.getByText(/is healthy again since/).waitFor();
  await shot("schedule-recovered");

  await type("/diagnose schedule digest s1");
  const picture = channel.getByRole("img", { name: /Picture: Uptime/ });
  await picture.waitFor();
  await page.waitForFunction((img) => img.complete && img.naturalWidth > 1000, await picture.elementHandle());
  await picture.scrollIntoViewIfNeeded();
  await shot("schedule-digest");

  await page.getByRole("navigation").getByRole("button", { name: "Plexor", exact: true }).click();
  await page.getByText("1 schedule").waitFor();
  await shot("schedule-home");
  console.log("the schedule works");
} catch (error) {
  await shot("failed").catch(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  await context.close();
}
