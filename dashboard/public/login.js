// Logs a browser in with a key; the session is a cookie that no script can read.

const says = document.getElementById("says");

document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  says.textContent = "";
  const key = document.getElementById("key").value.trim();
  const response = await fetch("/api/v1/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key }),
  }).catch(() => null);
  if (response?.ok || response?.status === 409) {
    location.assign("/"); // 409: nobody needs to log in here
    return;
  }
  const body = await response?.json().catch(() => null);
  says.textContent = body?.error?.message ?? "The server does not answer.";
});
