// A file in front of the page: an image as it is, a PDF in the browser's own viewer.
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { contentUrl } from "../../api/files";
import type { Row } from "../../api/records";
import { Modal } from "../../ui/Modal";
import { drawnAs, sizeOf } from "./kind";

export function Preview({ file, onClose }: { file: Row; onClose: () => void }) {
  const { t } = useTranslation();
  const name = String(file.name ?? "");
  return (
    <Modal title={name} wide onClose={onClose}>
      <div className="file-shown">
        {drawnAs(file.mime_type) === "image" ? (
          <img src={contentUrl(file.id, true)} alt={name} />
        ) : (
          <iframe src={contentUrl(file.id, true)} title={name} />
        )}
      </div>
      <footer>
        <span className="muted grow">{sizeOf(file.size)}</span>
        <a className="plain-button" href={contentUrl(file.id)} download>
          <Download aria-hidden="true" /> {t("files.download")}
        </a>
      </footer>
    </Modal>
  );
}
