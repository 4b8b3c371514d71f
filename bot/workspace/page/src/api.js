// The control interface: what a person does.

// act posts to /_control/NAME. It resolves with the answer, which carries ok and error.
export async function act(name, body) {
  try {
    const response = await fetch(`/_control/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { ok: false, error: "the workspace cannot be reached" };
  }
}
