package deploylint_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// kinds makes an empty object of each kind that the manifests use, by
// "apiVersion kind".
var kinds = map[string]func() metav1.Object{
	"v1 Namespace":                            func() metav1.Object { return &corev1.Namespace{} },
	"v1 Secret":                               func() metav1.Object { return &corev1.Secret{} },
	"v1 Service":                              func() metav1.Object { return &corev1.Service{} },
	"v1 ServiceAccount":                       func() metav1.Object { return &corev1.ServiceAccount{} },
	"apps/v1 Deployment":                      func() metav1.Object { return &appsv1.Deployment{} },
	"apps/v1 StatefulSet":                     func() metav1.Object { return &appsv1.StatefulSet{} },
	"networking.k8s.io/v1 Ingress":            func() metav1.Object { return &networkingv1.Ingress{} },
	"networking.k8s.io/v1 NetworkPolicy":      func() metav1.Object { return &networkingv1.NetworkPolicy{} },
	"policy/v1 PodDisruptionBudget":           func() metav1.Object { return &policyv1.PodDisruptionBudget{} },
	"monitoring.coreos.com/v1 PodMonitor":     func() metav1.Object { return &monitoringv1.PodMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule": func() metav1.Object { return &monitoringv1.PrometheusRule{} },
}

// decode reads one manifest as the API server does with --validate=strict: a
// member that the kind does not have, or that stands twice, is a fault.
func decode(text []byte) (metav1.Object, error) {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(text, &kind); err != nil {
		return nil, err
	}
	empty := kinds[kind.APIVersion+" "+kind.Kind]
	if empty == nil {
		return nil, fmt.Errorf("there is no check for %s %s", kind.APIVersion, kind.Kind)
	}
	object := empty()
	return object, yaml.UnmarshalStrict(text, object)
}

// variant is what one folder of manifests, applied with those that go with
// each, makes in a cluster.
type variant struct {
	namespace *corev1.Namespace
	accounts  []*corev1.ServiceAccount
	services  []*corev1.Service
	policies  []*networkingv1.NetworkPolicy
	budgets   []*policyv1.PodDisruptionBudget
	ingresses []*networkingv1.Ingress
	monitors  []*monitoringv1.PodMonitor
	secrets   []*corev1.Secret
	replicas  int32
	selector  *metav1.LabelSelector
	template  corev1.PodTemplateSpec
}

// load reads manifests, given as folders or files.
func load(paths ...string) (*variant, error) {
	v := &variant{}
	for _, top := range paths {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.Contains(text, []byte("\n---")) {
				return fmt.Errorf("%s: one object a file, please", path)
			}
			object, err := decode(text)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			return v.add(object)
		})
		if err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *variant) add(object metav1.Object) error {
	switch o := object.(type) {
	case *corev1.Namespace:
		v.namespace = o
		return nil
	case *corev1.ServiceAccount:
		v.accounts = append(v.accounts, o)
	case *corev1.Service:
		v.services = append(v.services, o)
	case *corev1.Secret:
		v.secrets = append(v.secrets, o)
	case *networkingv1.NetworkPolicy:
		v.policies = append(v.policies, o)
	case *networkingv1.Ingress:
		v.ingresses = append(v.ingresses, o)
	case *policyv1.PodDisruptionBudget:
		v.budgets = append(v.budgets, o)
	case *monitoringv1.PodMonitor:
		v.monitors = append(v.monitors, o)
	case *appsv1.Deployment:
		v.replicas, v.selector, v.template = *o.Spec.Replicas, o.Spec.Selector, o.Spec.Template
	case *appsv1.StatefulSet:
		v.replicas, v.selector, v.template = *o.Spec.Replicas, o.Spec.Selector, o.Spec.Template
		for _, claim := range o.Spec.VolumeClaimTemplates {
			v.template.Spec.Volumes = append(v.template.Spec.Volumes, corev1.Volume{
				Name:         claim.Name,
				VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name}},
			})
		}
		if o.Spec.ServiceName == "" {
			return fmt.Errorf("the stateful set %s names no service", o.Name)
		}
	}
	if object.GetNamespace() != "stafett" {
		return fmt.Errorf("%T %s is in namespace %q", object, object.GetName(), object.GetNamespace())
	}
	return nil
}

// faults lists what does not fit together, or is not as secure and as well
// looked after as it could be.
func (v *variant) faults() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	pod := labels.Set(v.template.Labels)
	selects := func(what string, selector *metav1.LabelSelector) {
		if s, err := metav1.LabelSelectorAsSelector(selector); err != nil || s.Empty() || !s.Matches(pod) {
			fault("%s does not select the pods", what)
		}
	}

	selects("the workload", v.selector)
	for _, p := range v.policies {
		selects("network policy "+p.Name, &p.Spec.PodSelector)
		if !slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) || !slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
			fault("network policy %s does not limit both directions", p.Name)
		}
	}
	for _, b := range v.budgets {
		selects("disruption budget "+b.Name, b.Spec.Selector)
	}
	for _, m := range v.monitors {
		selects("pod monitor "+m.Name, &m.Spec.Selector)
		for _, endpoint := range m.Spec.PodMetricsEndpoints {
			if !v.hasPort(*endpoint.Port) {
				fault("pod monitor %s asks a port %s that the container lacks", m.Name, *endpoint.Port)
			}
		}
	}
	for _, s := range v.services {
		selects("service "+s.Name, &metav1.LabelSelector{MatchLabels: s.Spec.Selector})
		for _, port := range s.Spec.Ports {
			if !v.hasPort(port.TargetPort.StrVal) {
				fault("service %s leads to a port %q that the container lacks", s.Name, port.TargetPort.String())
			}
		}
	}
	for _, i := range v.ingresses {
		for _, rule := range i.Spec.Rules {
			for _, path := range rule.HTTP.Paths {
				if !v.hasService(path.Backend.Service) {
					fault("ingress %s: %s leads to no port of a service", i.Name, path.Path)
				}
			}
		}
	}
	if len(v.policies) == 0 {
		fault("there is no network policy")
	}
	if v.replicas > 1 && len(v.budgets) == 0 {
		fault("several pods and no disruption budget")
	}
	if v.namespace == nil || v.namespace.Labels[podsecurity.EnforceLevelLabel] != string(podsecurity.LevelRestricted) {
		fault("the namespace does not enforce the level restricted")
	}
	return append(faults, v.podFaults()...)
}

var pinned = regexp.MustCompile(`:[0-9][\w.-]*$`)

func (v *variant) podFaults() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	spec := v.template.Spec

	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return []string{err.Error()}
	}
	level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	if result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &v.template.ObjectMeta, &spec)); !result.Allowed {
		fault("the pod is not restricted: %s", result.ForbiddenDetail())
	}
	if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
		fault("the pod gets a token of the cluster that it has no use for")
	}
	if !slices.ContainsFunc(v.accounts, func(a *corev1.ServiceAccount) bool { return a.Name == spec.ServiceAccountName }) {
		fault("there is no service account %s", spec.ServiceAccountName)
	}
	for _, c := range spec.Containers {
		if !pinned.MatchString(c.Image) {
			fault("the image %s names no version", c.Image)
		}
		if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
			fault("the root file system can be written")
		}
		for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
			if probe == nil || probe.HTTPGet == nil || !v.hasPort(probe.HTTPGet.Port.StrVal) {
				fault("there is no %s probe on a port that the container has", name)
			}
		}
		if c.LivenessProbe != nil && c.ReadinessProbe != nil && c.LivenessProbe.HTTPGet.Path == c.ReadinessProbe.HTTPGet.Path {
			fault("a process that cannot work for now is killed: both probes ask %s", c.LivenessProbe.HTTPGet.Path)
		}
		for _, resource := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
			if _, ok := c.Resources.Requests[resource]; !ok {
				fault("there is no request for %s", resource)
			}
			if _, ok := c.Resources.Limits[resource]; !ok {
				fault("there is no limit for %s", resource)
			}
		}
		for _, mount := range c.VolumeMounts {
			if !slices.ContainsFunc(spec.Volumes, func(volume corev1.Volume) bool { return volume.Name == mount.Name }) {
				fault("there is no volume %s", mount.Name)
			}
		}
		for _, env := range c.Env {
			if env.ValueFrom != nil && !v.hasSecret(env.ValueFrom.SecretKeyRef) {
				fault("%s is read from a secret that is not described", env.Name)
			}
		}
	}
	return faults
}

func (v *variant) hasPort(name string) bool {
	return slices.ContainsFunc(v.template.Spec.Containers, func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == name })
	})
}

func (v *variant) hasService(wanted *networkingv1.IngressServiceBackend) bool {
	return wanted != nil && slices.ContainsFunc(v.services, func(s *corev1.Service) bool {
		return s.Name == wanted.Name && slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == wanted.Port.Name })
	})
}

func (v *variant) hasSecret(ref *corev1.SecretKeySelector) bool {
	return ref != nil && slices.ContainsFunc(v.secrets, func(s *corev1.Secret) bool {
		_, ok := s.StringData[ref.Key]
		return s.Name == ref.Name && ok
	})
}

func TestManifestsFitTogether(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"postgres", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := load(deploy("kubernetes", name), deploy("kubernetes", "postgres-secret.example.yaml"),
				deploy("kubernetes", "triggers"), deploy("kubernetes", "monitoring"))
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range v.faults() {
				t.Error(fault)
			}
		})
	}
}

// TestManifestFaultsAreFound holds the check itself to what it promises.
func TestManifestFaultsAreFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, old, new, want string }{
		{"deployment.yaml", "readinessProbe:", "readynessProbe:", "unknown field"},
		{"deployment.yaml", "  replicas: 2\n", "  replicas: 2\n  replicas: 3\n", "already set in map"},
		{"deployment.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "root file system"},
		{"deployment.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "not restricted"},
		{"deployment.yaml", "drop: [ALL]", "drop: [NET_RAW]", "not restricted"},
		{"deployment.yaml", "memory: 256Mi, ", "", "no limit for memory"},
		{"deployment.yaml", "path: /readyz", "path: /healthz", "both probes"},
		{"deployment.yaml", ":2026-11-22", ":latest", "no version"},
		{"deployment.yaml", "name: stafett-database", "name: database", "secret"},
		{"deployment.yaml", "- name: http\n", "- name: web\n", "leads to a port"},
		{"service.yaml", "selector:\n    app.kubernetes.io/name: stafett", "selector:\n    app: stafett", "service stafett does not select"},
		{"networkpolicy.yaml", "[Ingress, Egress]", "[Ingress]", "both directions"},
		{"networkpolicy.yaml", "namespace: stafett", "namespace: default", "in namespace"},
		{"poddisruptionbudget.yaml", "      app.kubernetes.io/name: stafett", "      app.kubernetes.io/name: other", "disruption budget stafett does not select"},
		{"namespace.yaml", "enforce: restricted", "enforce: baseline", "restricted"},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(deploy("kubernetes", "postgres"))); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, test.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), test.old) {
				t.Fatalf("%s has no %q to spoil", test.file, test.old)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(text), test.old, test.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			v, err := load(folder, deploy("kubernetes", "postgres-secret.example.yaml"))
			told := fmt.Sprint(err)
			if err == nil {
				told = strings.Join(v.faults(), "\n")
			}
			if !strings.Contains(told, test.want) {
				t.Errorf("told %q, want %q in it", told, test.want)
			}
		})
	}
}
