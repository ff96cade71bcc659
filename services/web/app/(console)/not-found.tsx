export { NotFound as default } from '../../frame/not-found.tsx';
