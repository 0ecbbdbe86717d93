// The notifications of a member, in the panel of the bell as on their page.
import { Bell } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { Empty, Shimmer } from "../../ui/parts";
import { warn } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import { said } from "../save";
import { type Notice, type Shown, useMarks, useNotices } from "./data";
import { linkOf, NoticeLine } from "./NoticeLine";

interface Props {
  object: ObjectDef;
  shown: Shown;
  /** Somebody goes where a notification leads. */
  onLeave?: () => void;
}

export function NoticeList({ object, shown, onLeave }: Props) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const found = useNotices(object, shown);
  const marks = useMarks(object);
  const all = found.data?.pages.flatMap((page) => page.data) ?? [];
  const act = (deed: Promise<void>) => deed.catch((error: unknown) => warn(t("refused.title"), said(error, t)));
  const open = (notice: Notice) => {
    if (notice.read_at === null) void act(marks.mark(notice, true));
    const link = linkOf(notice);
    if (link) go(link);
    onLeave?.();
  };
  const newest = all[0]?.created_at;
  const unread = all.some((notice) => notice.read_at === null);
  if (found.isPending) return <Shimmer width="70%" />;
  if (found.isError && all.length === 0) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  if (all.length === 0)
    return (
      <Empty icon={<Bell aria-hidden="true" />} title={t(shown.unread ? "notices.none_unread" : "notices.none")}>
        {t("notices.none_about")}
      </Empty>
    );
  return (
    <>
      <ul className="notices" aria-label={t("notices.title")}>
        {all.map((notice) => (
          <NoticeLine
            key={notice.id}
            notice={notice}
            now={Date.now()}
            onOpen={open}
            onMark={(each, read) => void act(marks.mark(each, read))}
          />
        ))}
      </ul>
      <p className="row wrap">
        {found.hasNextPage ? (
          <Button size="sm" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("record.older")}
          </Button>
        ) : null}
        {unread && newest ? (
          <Button size="sm" onClick={() => void act(marks.markAll(newest))}>
            {t("notices.mark_all")}
          </Button>
        ) : null}
      </p>
    </>
  );
}
