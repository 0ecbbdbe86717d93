// Who is signed in and the model of their workspace: loaded once, around every page.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, type ReactNode, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { onExpired } from "../api/http";
import { loadModel } from "../api/model";
import { whoAmI } from "../api/session";
import { SurroundingsProvider } from "../fields/context";
import type { Surroundings } from "../fields/kit";
import { kitOf } from "../fields/kits";
import { listenToKeys } from "../ui/keys";
import { Modal } from "../ui/Modal";
import { Failed } from "../views/list/Nothing";
import { takePlace } from "./place";
import { Shell } from "./Shell";
import { SignInForm, SignInPage } from "./SignIn";

const NewRecord = lazy(() => import("../views/form/NewRecord"));

export function Workspace({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const [over, setOver] = useState(false);
  const me = useQuery({ queryKey: ["me"], queryFn: whoAmI, staleTime: 300_000 });
  const here = me.data?.workspace.id;
  // Before anything else is asked for.
  if (me.data) takePlace(me.data);
  const model = useQuery({
    queryKey: ["model", here],
    queryFn: loadModel,
    enabled: here !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(listenToKeys, []);
  useEffect(() => onExpired(() => setOver(true)), []);
  const member = me.data?.member_id ?? "";
  const surroundings = useMemo(
    (): Surroundings | null =>
      model.data
        ? { model: model.data, me: member, kitOf, NewRecord, go: (path) => void navigate({ href: path }) }
        : null,
    [model.data, member, navigate],
  );
  const signedIn = () => {
    setOver(false);
    void cache.invalidateQueries();
  };
  if (me.isError) return <Failed error={me.error} onAgain={() => void me.refetch()} />;
  if (me.data === null)
    return (
      <SignInPage
        onDone={() => {
          setOver(false);
          cache.clear();
          void cache.invalidateQueries();
          location.reload();
        }}
      />
    );
  if (model.isError) return <Failed error={model.error} onAgain={() => void model.refetch()} />;
  if (!surroundings || !me.data) return <Waiting />;
  return (
    <SurroundingsProvider value={surroundings}>
      <Shell me={me.data}>{children}</Shell>
      {over ? (
        <Modal title={t("sign_in.over")}>
          <p className="muted">{t("sign_in.over_about")}</p>
          <SignInForm email={me.data.email} onDone={signedIn} />
        </Modal>
      ) : null}
    </SurroundingsProvider>
  );
}

/** The same bones as index.html paints before there is any script. */
function Waiting() {
  return (
    <div id="skeleton" aria-busy="true">
      <i />
      <b />
    </div>
  );
}
