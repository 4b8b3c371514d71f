import { local, size } from "./format.js";
import { FileIcon } from "./icons.jsx";

// Files shows images in place and all else as a line to download.
export function Files({ files }) {
  return (
    <div className="files">
      {files.map((f) => (f.mimetype?.startsWith("image/") ? <Picture key={f.id} file={f} /> : <Line key={f.id} file={f} />))}
    </div>
  );
}

function Picture({ file }) {
  return (
    <figure className="picture">
      <figcaption>{file.title}</figcaption>
      <a href={local(file.url_private)} target="_blank" rel="noreferrer">
        <img src={local(file.url_private)} alt={file.alt_txt || file.title} width={file.original_w} height={file.original_h} loading="lazy" />
      </a>
    </figure>
  );
}

function Line({ file }) {
  return (
    <a className="file" href={local(file.url_private_download)}>
      <FileIcon />
      <span><b>{file.title}</b><small>{file.pretty_type || "File"} · {size(file.size)}</small></span>
      {file.preview && <pre>{file.preview}</pre>}
    </a>
  );
}
