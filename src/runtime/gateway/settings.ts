/** What a user may say of one service's gateway: bounds, timeouts, fallback answer. Every bound is written here and nowhere else. */
import * as z from 'zod';

const ms = (standard: number, least = 1) => z.int().min(least).max(86_400_000).default(standard);
const count = (standard: number) => z.int().min(1).max(1_000_000).default(standard);

/** The canned answer given instead of calling the service. */
const fallbackSchema = z.strictObject({
  status: z.int().min(200).max(599).default(200),
  contentType: z
    .string()
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .default('application/json'),
  body: z.string().max(1_048_576).default(''),
  /** Methods it may answer. A canned "done" for an order that was never placed would be a lie, so writes are not among them. */
  methods: z.array(z.string().regex(/^[A-Z]+$/, 'must be a method in capitals')).default(['GET', 'HEAD']),
});

/** One service behind the gateway. Unknown keys fail. */
export const routeSchema = z.strictObject({
  /** Name of the service. */
  service: z.string().min(1),
  /** Where callers reach the gateway; loopback unless said otherwise. Port 0: any free one. */
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(0),
  /** Where the replicas listen. */
  replicaHost: z.string().min(1).default('127.0.0.1'),
  /** From the last byte of the request to the answer's head; then 504. */
  timeoutMs: ms(30_000),
  /** Longest silence while a body flows, from either side; then the connection is cut. */
  idleMs: ms(60_000),
  /** A caller that gave up after waiting this long saw a failure; one that left sooner only changed its mind. */
  abandonedMs: ms(500),
  /** Calls of the service under way at once, waiting ones included; beyond it 503. */
  concurrentMax: count(1024),
  /** Connections of callers; beyond it they are closed unanswered. */
  clientsMax: count(4096),
  /** Connections to one replica, and how many of them are kept while idle, for how long. */
  connectionsMax: count(256),
  idleConnectionsMax: count(64),
  /** Less than the 5 s after which Node's own server closes an idle connection, so that we close first. */
  idleConnectionMs: ms(4_000),
  /** How long a caller's idle connection is kept, and how long it may take to send a head and a whole request. */
  keepAliveMs: ms(5_000),
  headersMs: ms(10_000),
  uploadMsMax: ms(300_000),
  /** How long the rest of an unwanted body is read and thrown away, so that its sender gets to see the answer. */
  lingerMs: ms(1_000),
  /** Head of a request or an answer, trailers too; beyond it 431 or 502. */
  headerBytesMax: z.int().min(1024).max(1_048_576).default(16_384),
  headersMax: count(128),
  /** Beyond it 414, and 431 beyond `headerBytesMax`. */
  urlBytesMax: count(8_192),
  /** Replicas tried for one call. Only a call that can be repeated and was never sent is tried again. */
  attemptsMax: z.int().min(1).max(10).default(3),
  /** Longest wait for a replica's calls to end. */
  drainMsMax: ms(30_000, 0),
  /** What refused callers are told to wait, seconds. */
  retryAfterS: z.int().min(0).max(3_600).default(1),
  /** Host header for the replicas; the caller's own when left out. */
  hostHeader: z
    .string()
    .regex(/^[\w.:[\]-]+$/, 'must be a host, with a port if need be')
    .optional(),
  /** Whether X-Forwarded-* of the caller is kept and added to, or thrown away. */
  forwarded: z.enum(['append', 'replace']).default('append'),
  fallback: fallbackSchema.optional(),
});

export type RouteSettings = Readonly<z.output<typeof routeSchema>>;
export type RouteInput = z.input<typeof routeSchema>;
