# Deploys the configuration of this host, and checks that Trento gets what it needs.
{% set file = salt['pillar.get']('trento_alloy:file', '/etc/alloy/trento.alloy') %}

trento-alloy:
  pkg.installed: []

trento-alloy-configuration:
  file.managed:
    - name: {{ file }}
    # The output is put in as it is; it may hold what Jinja would take for its own.
    - contents: {{ salt['cmd.run_stdout']('trento-alloy generate', python_shell=False, output_loglevel='quiet') | json }}
    - user: alloy
    - group: alloy
    - mode: '0640'
    # The credentials for the Trento server are in it.
    - show_changes: False
    - check_cmd: trento-alloy validate
    - require:
      - pkg: trento-alloy

trento-alloy-reload:
  service.running:
    - name: alloy
    - reload: True
    - watch:
      - file: trento-alloy-configuration

trento-alloy-check:
  cmd.run:
    - name: trento-alloy check --format table --fail-on critical
    - python_shell: False
    - require:
      - service: trento-alloy-reload
