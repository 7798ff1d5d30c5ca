import type { Router as KoaRouter } from '@koa/router';
import type Application from 'koa';
import type Compose from 'koa-compose';
import { require } from '../../util/require.js';

export type Koa = Application;
export const Koa: typeof Application = require('koa');
export type Router = KoaRouter;
export const { Router }: typeof import('@koa/router') = require('@koa/router');
export const compose: typeof Compose = require('koa-compose');
