// One notification: what it is about, since when, and a way to it; unread ones say so.
import { Circle, CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { formatAgo, formatMoment } from "../../ui/format";
import type { Notice } from "./data";

interface Props {
  notice: Notice;
  now: number;
  onOpen: (notice: Notice) => void;
  onMark: (notice: Notice, read: boolean) => void;
}

export function NoticeLine({ notice, now, onOpen, onMark }: Props) {
  const { t } = useTranslation();
  const unread = notice.read_at === null;
  const mark = t(unread ? "notices.mark" : "notices.unmark", { title: notice.title });
  return (
    <li className="notice" data-unread={unread} data-severity={notice.severity}>
      <a
        className="grow"
        href={linkOf(notice) ?? "/notifications"}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey) return;
          event.preventDefault();
          onOpen(notice);
        }}
      >
        {unread ? <span className="hidden-text">{t("notices.unread")}: </span> : null}
        <b>{notice.title}</b>
        {notice.description ? <span className="notice-about">{notice.description}</span> : null}
        <time className="about" dateTime={notice.created_at} title={formatMoment(notice.created_at)}>
          {formatAgo(notice.created_at, now)}
        </time>
      </a>
      <button
        type="button"
        className="icon-button"
        aria-label={mark}
        title={mark}
        onClick={() => onMark(notice, unread)}
      >
        {unread ? <Circle aria-hidden="true" /> : <CircleCheck aria-hidden="true" />}
      </button>
    </li>
  );
}

/** Only pages of this application: a notification is no way out of it. */
export const linkOf = (notice: Notice): string | null => (/^\/(?!\/)/.test(notice.link ?? "") ? notice.link : null);
