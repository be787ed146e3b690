/** Host names in the values of environment variables and in command lines: `http://cart:8080`, `cart:7070`, `CART_HOST=cart`. */

const HOST = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
/** A variable whose whole value may be a host alone. */
const ADDRESS_LIKE =
  /(?:^|_|-|\.)(?:HOST|HOSTS|HOSTNAME|ADDR|ADDRESS|ADDRESSES|URL|URLS|URI|URIS|ENDPOINT|ENDPOINTS|SERVER|SERVERS|SERVICE|BROKER|BROKERS|UPSTREAM|TARGET|BACKEND|NODES|PEERS|CONNECT|CONNECTION)$/i;

/** With scheme, with port, or alone where the variable's name says that it is an address. Lower case, each once. */
export function hostsIn(name: string, value: string): string[] {
  const found = hostsInWords(value);
  if (ADDRESS_LIKE.test(name)) {
    for (const word of value.split(/[\s,;]+/)) {
      const [, host] = new RegExp(`^(${HOST})$`).exec(word) ?? [];
      if (host !== undefined) found.push(host.toLowerCase());
    }
  }
  return [...new Set(found)];
}

/** Only what is unmistakable: with scheme or port. */
export function hostsInWords(text: string): string[] {
  const found: string[] = [];
  const take = (pattern: RegExp, value: string): void => {
    for (const [, host] of value.matchAll(pattern)) found.push(host!.toLowerCase());
  };
  // http://cart:8080/x, postgres://user:word@db/x, jdbc:mysql://db:3306/x
  take(new RegExp(`//(?:[^\\s@/,;]*@)?(${HOST})`, 'g'), text);
  // user:word@tcp(db:3306)/x, as Go's drivers have it
  take(new RegExp(`@(?:[a-z0-9]+\\()?(${HOST}):\\d{1,5}`, 'g'), text);
  for (const word of text.split(/[\s,;]+/)) {
    // cart:7070, --upstream=cart:7070, kafka-1:9092
    take(new RegExp(`^(?:-{0,2}[\\w.-]+=)?(${HOST}):\\d{1,5}(?:/\\S*)?$`, 'g'), word);
    // host=db, as libpq has it
    take(new RegExp(`^host=(${HOST})$`, 'g'), word);
  }
  return [...new Set(found)];
}
