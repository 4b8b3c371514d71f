// The browser, and what a person sees on the page. BROWSER, SHOTS and PROFILE come from the Go test that runs the script.
import { chromium } from "playwright-core";
import path from "node:path";

const { BROWSER, SHOTS, PROFILE } = process.env;

// open starts the browser with a window of a height; what waits on the page waits for so many milliseconds at most.
export const open = async ({ height, timeout }) => {
  const context = await chromium.launchPersistentContext(PROFILE, {
    executablePath: BROWSER,
    headless: true,
    viewport: { width: 1280, height },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  });
  context.setDefaultTimeout(timeout);
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    context, page,
    shot: (name) => page.screenshot({ path: path.join(SHOTS, `${name}.png`) }),
    channel: page.getByRole("main"),
    thread: page.getByRole("complementary", { name: "Thread" }),
  };
};
