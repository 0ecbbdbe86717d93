// The last imports: what they did, how far they are, and the way to another.
import { useQuery } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Import, imports } from "../../api/imports";
import { useSurroundings } from "../../fields/context";
import { formatAgo, formatMoment, formatNumber } from "../../ui/format";
import { useKeys } from "../../ui/keys";
import { Button } from "../../ui/kumo";
import { Chip, Empty, Progress, Shimmer } from "../../ui/parts";
import { Failed } from "../list/Nothing";
import { HUES, isBusy } from "./state";

const LOOK = 3_000;

export default function ImportsPage() {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const found = useQuery({
    queryKey: ["imports"],
    queryFn: ({ signal }) => imports(signal),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.some(isBusy) ? LOOK : false),
  });
  const begin = () => go("/imports/new");
  useKeys([{ keys: "c", label: t("imports.new"), run: begin }]);
  const button = (
    <Button variant="primary" icon={<FileUp aria-hidden="true" />} onClick={begin}>
      {t("imports.new")}
    </Button>
  );
  return (
    <div className="admin">
      <header className="row wrap">
        <h1 className="grow">{t("imports.title")}</h1>
        {found.data && found.data.length > 0 ? button : null}
      </header>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data?.length === 0 ? (
        <Empty icon={<FileUp aria-hidden="true" />} title={t("imports.none")} action={button}>
          {t("imports.none_about")}
        </Empty>
      ) : null}
      {found.data && found.data.length > 0 ? (
        <ul className="admin-list" aria-label={t("imports.title")}>
          {found.data.map((it) => (
            <Line key={it.id} it={it} />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Line({ it }: { it: Import }) {
  const { t } = useTranslation();
  const { model, go } = useSurroundings();
  const path = `/imports/${it.id}`;
  const follow = (event: React.MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(path);
  };
  const said = (["created", "updated", "refused"] as const)
    .filter((name) => it[name] > 0)
    .map((name) => `${t(`imports.${it.dry_run ? "would" : "counts"}.${name}`)}: ${formatNumber(it[name])}`);
  return (
    <li>
      <div className="grow">
        <a className="cut" href={path} onClick={follow}>
          {it.file}
        </a>
        <p className="about">{[model.objects.get(it.object)?.labelPlural ?? it.object, ...said].join(" · ")}</p>
        {isBusy(it) ? <Progress label={t(`imports.state.${it.state}`)} done={it.done} total={it.total} /> : null}
      </div>
      <time className="muted num" dateTime={it.created_at} title={formatMoment(it.created_at)}>
        {formatAgo(it.created_at)}
      </time>
      <Chip hue={HUES[it.state]}>{t(`imports.state.${it.dry_run && it.state === "done" ? "checked" : it.state}`)}</Chip>
    </li>
  );
}
