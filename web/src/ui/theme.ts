// Light, dark, or as the system says. `public/theme.js` does the same before the first paint.
export type Theme = "light" | "dark" | "system";

const dark = () => matchMedia("(prefers-color-scheme: dark)");

export const theme = (): Theme => (localStorage.getItem("kontor.theme") as Theme | null) ?? "system";

export function setTheme(to: Theme): void {
  localStorage.setItem("kontor.theme", to);
  paint();
}

export function watchTheme(): void {
  paint();
  dark().addEventListener("change", paint);
}

function paint(): void {
  const chosen = theme();
  const isDark = chosen === "dark" || (chosen === "system" && dark().matches);
  document.documentElement.dataset.mode = isDark ? "dark" : "light";
}
