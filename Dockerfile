# One image for both containers of the Deployment; the manifest says which program runs.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /src/dist dist
USER 65532:65532
CMD ["node", "/app/dist/sync/main.js"]
