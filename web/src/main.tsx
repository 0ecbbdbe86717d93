// Where the app begins.
import "./ui/app.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { startLanguage } from "./i18n";
import { watchTheme } from "./ui/theme";

watchTheme();
await startLanguage();
const root = document.getElementById("app");
if (root) createRoot(root).render(<App />);
