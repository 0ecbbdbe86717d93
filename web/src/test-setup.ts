// Every test speaks English, as the app does before another language is loaded.
import { startLanguage } from "./i18n";

localStorage.setItem("kontor.language", "en");
await startLanguage();
