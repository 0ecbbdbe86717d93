// Why a list is empty: nothing yet, nothing that fits, or something went wrong.
import { CloudOff, Inbox, SearchX, ShieldX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Problem, Unreachable } from "../../api/http";
import type { ObjectDef } from "../../api/model";
import { Button } from "../../ui/kumo";
import { Empty } from "../../ui/parts";
import { said } from "../save";

export function Nothing({
  object,
  filtered,
  onClear,
  onNew,
  onImport,
}: {
  object: ObjectDef;
  filtered: boolean;
  onClear: () => void;
  onNew: (() => void) | null;
  onImport: (() => void) | null;
}) {
  const { t } = useTranslation();
  const label = object.labelPlural.toLowerCase();
  if (filtered)
    return (
      <Empty
        icon={<SearchX aria-hidden="true" />}
        title={t("nothing.fits", { label })}
        action={<Button onClick={onClear}>{t("filters.clear")}</Button>}
      >
        {t("nothing.fits_about")}
      </Empty>
    );
  const action = (
    <div className="row">
      {onNew ? (
        <Button variant="primary" onClick={onNew}>
          {t("new.one", { label: object.label })}
        </Button>
      ) : null}
      {onImport ? <Button onClick={onImport}>{t("imports.new")}</Button> : null}
    </div>
  );
  return (
    <Empty icon={<Inbox aria-hidden="true" />} title={t("nothing.yet", { label })} action={action}>
      {object.description}
    </Empty>
  );
}

export function Failed({ error, onAgain }: { error: unknown; onAgain: () => void }) {
  const { t } = useTranslation();
  const denied = error instanceof Problem && error.status === 403;
  const gone = error instanceof Problem && error.status === 404;
  const away = error instanceof Unreachable;
  const icon = denied ? (
    <ShieldX aria-hidden="true" />
  ) : away ? (
    <CloudOff aria-hidden="true" />
  ) : (
    <SearchX aria-hidden="true" />
  );
  const title = t(denied ? "failed.denied" : gone ? "failed.gone" : away ? "failed.away" : "failed.broken");
  const about = denied ? t("failed.denied_about") : gone ? t("failed.gone_about") : said(error, t);
  const action = denied || gone ? null : <Button onClick={onAgain}>{t("failed.again")}</Button>;
  return (
    <Empty icon={icon} title={title} action={action}>
      {about}
    </Empty>
  );
}
