/** Entry of `npm run demo [-- PACK]`. */
import { demo } from './demo.ts';

await demo(process.argv[2] ?? 'default', (line) => console.log(line));
