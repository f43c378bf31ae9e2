# The organisation's own image: the service with stafett.yaml and the two application folders that it names. They hold
# no secret. Build it in the folder of stafett.yaml:
#
#     docker build -f project.Dockerfile -t registry.example.no/agency/stafett:2026-11-22 .

FROM registry.example.no/agency/stafett-base:1.0.0
COPY . /project
