import { heal, strategyHealer } from '/work/main/strategies/heal.ts';
import { startMemory } from '/work/main/strategies/memory.ts';
import { NO_ACTIONS } from '/work/main/strategies/contract.ts';
import { makeSignal, makeRoster, makeStrategy, WELL, three } from '/work/main/test/heal/signals.ts';
import { sreRunbook } from '/work/main/strategies/baselines/sre-runbook.ts';
import { decode, randomGenome, defaultGenome } from '/work/main/strategies/genome.ts';
let seed=1; const rnd=()=>{ seed=(Math.imul(seed,1664525)+1013904223)>>>0; return seed/4294967296; };
for (const [name,strategy] of [['default',decode(defaultGenome())],['runbook',sreRunbook],['random',decode(randomGenome(rnd))]] as const) {
  const roster = makeRoster(Array.from({length:20},(_, i)=>({id:'s'+i, dependsOn: i<18?[i+1,i+2]:[]})));
  const N=500_000;
  const signals = roster.services.map((_,i)=>makeSignal(0,three({}),{service:i,dependencyFailed:i<18?[0,0]:[]}));
  const run=(n:number, memory:any, from:number)=>{ let acted=0; for(let k=0;k<n;k++){ const s=signals[k%20]!; s.atMs=from+5000*Math.floor(k/20); for(let j=0;j<3;j++){const r=s.replicas[j]!; r.calls=90+((k*7+j)%20); r.p95Ms=29+((k*3+j)%5)*0.5; r.memory=0.4+((k+j)%3)*0.001; r.uptimeS=s.atMs/1000+100; r.cpu=0.5+(k%7)*.01} if(heal(strategy,memory,s)!==NO_ACTIONS) acted++; } return acted; };
  const loop=(n:number)=>{ for(let k=0;k<n;k++){ const s=signals[k%20]!; s.atMs=5000*Math.floor(k/20); for(let j=0;j<3;j++){const r=s.replicas[j]!; r.calls=90+((k*7+j)%20); r.p95Ms=29+((k*3+j)%5)*0.5; r.memory=0.4+((k+j)%3)*0.001; r.uptimeS=s.atMs/1000+100; r.cpu=0.5+(k%7)*.01} } };
  const memory=startMemory(roster,'x');
  run(N,memory,5000);
  loop(N); let t=process.cpuUsage(); loop(N); let d=process.cpuUsage(t); const base=(d.user+d.system)*1000/N;
  (globalThis as any).gc?.(); const h0=process.memoryUsage().heapUsed;
  t=process.cpuUsage(); const acted=run(N,memory,5000+5000*N/20+5000); d=process.cpuUsage(t); const all=(d.user+d.system)*1000/N;
  const h1=process.memoryUsage().heapUsed;
  console.log(name,'ns/signal',(all-base).toFixed(0),'base',base.toFixed(0),'acted',acted,'heap delta/call',((h1-h0)/N).toFixed(2));
}
