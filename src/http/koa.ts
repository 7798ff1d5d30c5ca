import type { Router as KoaRouter } from '@koa/router';
import type Application from 'koa';
import { require } from '../require.js';

export type Koa = Application;
export const Koa: typeof Application = require('koa');
export type Router = KoaRouter;
export const { Router }: typeof import('@koa/router') = require('@koa/router');
