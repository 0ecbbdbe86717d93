// Puts together what all screens share: the cache, the toasts, and the routes.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { Problem, Unreachable } from "../api/http";
import { Toasty } from "../ui/kumo";
import { toasts } from "../ui/toast";
import { makeRouter } from "./router";

export function makeCache(): QueryClient {
  // A refusal stays a refusal; only what did not arrive is worth a second attempt.
  const again = (count: number, error: Error) =>
    count < 1 && (error instanceof Unreachable || (error instanceof Problem && error.status >= 500));
  return new QueryClient({
    defaultOptions: { queries: { staleTime: 30_000, retry: again, refetchOnWindowFocus: false } },
  });
}

export function App() {
  const [cache] = useState(makeCache);
  const [router] = useState(makeRouter);
  return (
    <QueryClientProvider client={cache}>
      <Toasty toastManager={toasts}>
        <RouterProvider router={router} />
      </Toasty>
    </QueryClientProvider>
  );
}
