// Nothing at this address, or not for this member.
import { Compass, ShieldX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Empty } from "../ui/parts";

export function NotFound({ denied }: { denied?: boolean }) {
  const { t } = useTranslation();
  const icon = denied ? <ShieldX aria-hidden="true" /> : <Compass aria-hidden="true" />;
  return (
    <>
      <h1 className="hidden-text">{t(denied ? "failed.denied" : "failed.nowhere")}</h1>
      <Empty
        icon={icon}
        title={t(denied ? "failed.denied" : "failed.nowhere")}
        action={<a href="/">{t("failed.home")}</a>}
      >
        {t(denied ? "failed.denied_about" : "failed.nowhere_about")}
      </Empty>
    </>
  );
}
