// Before anything is painted: the theme chosen here before, else the system's.
let theme = null;
try {
  theme = localStorage.getItem("theme");
} catch {
  // storage is forbidden: the system's theme it is
}
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = theme ?? (dark ? "dark" : "light");
