import { describe, expect, it } from 'vitest';
import { hostsIn, hostsInWords } from '../../src/init/hosts.ts';

describe('addresses in variables', () => {
  it.each([
    ['CART_ADDR', 'cart:7070', ['cart']],
    ['URL', 'http://cart:8080/path?x=1', ['cart']],
    ['API', 'https://user:secret@api.shop.svc.cluster.local/v1', ['api.shop.svc.cluster.local']],
    ['DATABASE_URL', 'postgres://u:p@db:5432/shop', ['db']],
    ['JDBC', 'jdbc:mysql://db:3306/x', ['db']],
    ['DSN', 'user:word@tcp(db:3306)/shop?parseTime=true', ['db']],
    ['BROKERS', 'kafka-1:9092,kafka-2:9092', ['kafka-1', 'kafka-2']],
    ['MONGO', 'mongodb://m1:27017,m2:27017/?replicaSet=rs', ['m1', 'm2']],
    ['PG', 'host=db port=5432 user=x', ['db']],
    ['DB_HOST', 'db', ['db']],
    ['REGISTRY_HOST', 'Registry', ['registry']],
    ['LISTENERS', 'PLAINTEXT://kafka:9092', ['kafka']],
  ])('%s=%s names %j', (name, value, hosts) => {
    expect(hostsIn(name, value).sort()).toEqual([...hosts].sort());
  });

  it.each([
    ['OTEL_SERVICE_NAME', 'cart'],
    ['APP', 'redis'],
    ['VERSION', '1.2.3'],
    ['PORT', '8080'],
    ['MODE', 'cart and more'],
    ['TIME', '12:30'],
  ])('%s=%s names nobody', (name, value) => {
    expect(hostsIn(name, value).filter((host) => !/^\d+$/.test(host))).toEqual([]);
  });

  it('are found in command lines only with scheme or port', () => {
    expect(hostsInWords('--upstream=http://cart:80')).toEqual(['cart']);
    expect(hostsInWords('--cache=redis:6379')).toEqual(['redis']);
    expect(hostsInWords('cart')).toEqual([]);
  });
});
