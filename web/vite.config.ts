import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.KONTOR_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwind()],
  build: {
    target: "es2023",
    manifest: true,
    rolldownOptions: {
      output: {
        // The libraries change seldom: a release that only changes screens leaves them in the browser's cache.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: "tanstack", test: /node_modules[\\/]@tanstack[\\/]/ },
            { name: "drag", test: /node_modules[\\/]@atlaskit[\\/]/ },
          ],
        },
      },
    },
  },
  // A test looks at the names that blueprints use.
  server: { fs: { allow: [".", "../blueprints"] }, proxy: { "/api": { target: api, changeOrigin: false } } },
  preview: { proxy: { "/api": { target: api, changeOrigin: false } } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/test-setup.ts"] },
});
