// The bell: how much there is to know, and a panel with the latest of it.
import { Bell as Icon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSurroundings } from "../fields/context";
import { Button, Popover } from "../ui/kumo";
import { MOST_COUNTED, useNoticeObject, useUnread } from "../views/notices/data";
import { NoticeList } from "../views/notices/NoticeList";

export default function Bell() {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const object = useNoticeObject();
  const unread = useUnread(object);
  const [open, setOpen] = useState(false);
  if (!object) return null;
  const shown = unread > MOST_COUNTED ? `${MOST_COUNTED}+` : String(unread);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        render={
          <button
            type="button"
            className="icon-button bell"
            aria-label={unread > 0 ? t("notices.bell", { count: unread }) : t("notices.title")}
          >
            <Icon aria-hidden="true" />
            {unread > 0 ? (
              <span className="bell-count num" aria-hidden="true">
                {shown}
              </span>
            ) : null}
          </button>
        }
      />
      <Popover.Content className="p-3">
        <Popover.Title>{t("notices.title")}</Popover.Title>
        <div className="notice-panel">
          <NoticeList object={object} shown={{ unread: false, type: null }} onLeave={() => setOpen(false)} />
        </div>
        <Button
          size="sm"
          variant="ghost"
          onClick={() => {
            setOpen(false);
            go("/notifications");
          }}
        >
          {t("notices.show_all")}
        </Button>
      </Popover.Content>
    </Popover>
  );
}
