// Follows the README as a person would: opens the demo's page, types what the channel says, reads the thread.
// URL, TARGET (the stopped backend), BROWSER, SHOTS and PROFILE come from the Go test that runs this.
import assert from "node:assert/strict";
import { open } from "./browser.mjs";

const { URL: base, TARGET } = process.env;
const { context, page, shot, channel, thread } = await open({ height: 1000, timeout: 90_000 });

try {
  await page.goto(base);
  await channel.getByText(`/diagnose ${TARGET}`).waitFor();
  const composer = page.getByRole("textbox", { name: "Message #ops" });
  await composer.fill("/diagnose web:0");
  await composer.press("Enter");
  await channel.getByText("1 to 65535").first().waitFor();
  await composer.fill(`/diagnose ${TARGET}`);
  await composer.press("Enter");
  await channel.getByText(`Cause found for ${TARGET}`).waitFor();
  await channel.getByText("has ended, so nothing listens").first().waitFor();
  await channel.getByRole("button", { name: /replies/ }).last().click();
  for (const step of ["0. Reproduce", "1. Verify server status", "2. Check port configuration", "3. Review firewall settings", "4. Network diagnostics"]) {
    await thread.getByText(step).first().waitFor();
  }
  await thread.getByText("proc-not-running").first().waitFor();
  await thread.getByText("Proved by").waitFor();
  await thread.locator("pre", { hasText: "demo-backend stopped" }).first().waitFor(); // the fix, to be copied
  await shot("demo-thread");
  await page.setViewportSize({ width: 390, height: 844 });
  await thread.getByText("proc-not-running").first().waitFor();
  await shot("demo-phone");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 390), "the page is wider than a phone");
} catch (error) {
  await shot("demo-failed").catch(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  await context.close();
}
