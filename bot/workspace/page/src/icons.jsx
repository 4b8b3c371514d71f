const Icon = ({ children, label }) => (
  <svg className="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round"
    strokeLinejoin="round" aria-hidden={label ? undefined : true} role={label ? "img" : undefined} aria-label={label}>
    {children}
  </svg>
);

export const HashIcon = () => <Icon><path d="M7.5 3.5 6 16.5M14 3.5l-1.5 13M3.5 7.5h13.5M3 12.5h13.5" /></Icon>;
export const ReplyIcon = () => <Icon><path d="M3.5 5.5a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H9l-3.5 3v-3a2 2 0 0 1-2-2zM7 7.2h6M7 10h4" /></Icon>;
export const MoreIcon = () => <Icon><path d="M10 5v.01M10 10v.01M10 15v.01" strokeWidth="2.4" /></Icon>;
export const MenuIcon = () => <Icon><path d="M3 5.5h14M3 10h14M3 14.5h14" /></Icon>;
export const CloseIcon = () => <Icon><path d="m5 5 10 10M15 5 5 15" /></Icon>;
export const SendIcon = () => <Icon><path d="M3 3.8 17 10 3 16.2l1.8-6.2zM4.8 10H11" /></Icon>;
export const EyeIcon = () => <Icon><path d="M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5z" /><circle cx="10" cy="10" r="2.2" /></Icon>;
export const FileIcon = () => <Icon><path d="M5 2.5h6.5l4 4V17a.8.8 0 0 1-.8.8H5.3a.8.8 0 0 1-.8-.8V3.3a.8.8 0 0 1 .5-.8zM11.5 2.5v4h4" /></Icon>;
export const CopyIcon = () => <Icon><rect x="7" y="7" width="9.5" height="9.5" rx="1.5" /><path d="M13 4.5V4a.8.8 0 0 0-.8-.8H4.3a.8.8 0 0 0-.8.8v7.9c0 .5.4.8.8.8h.5" /></Icon>;
export const BoltIcon = () => <Icon><path d="M11 2.5 4.5 11.5H10l-1 6 6.5-9H10z" /></Icon>;
