/** The pack that an argument of a command names. */
export { loadNamedPack as loadPack, type NamedPack, packFile } from '../named-packs.ts';
