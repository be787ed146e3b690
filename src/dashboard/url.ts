/** The page's address with the token behind the #, which browsers send to nobody; the page keeps it and takes it out of sight. */
export function pageUrl(host: string, port: number, token: string): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/#token=${encodeURIComponent(token)}`;
}
